import { z } from 'zod';
import { closestName } from './closest-name.ts';
import { schemaAt, schemaKeys, schemaWords } from './schema-words.ts';

/** One thing that is wrong in a file, and where. */
export interface Mistake {
  readonly path: readonly PropertyKey[];
  /** True where the path's last part is a key that should not be there. */
  readonly atKey: boolean;
  /** What is wrong, and what is allowed. */
  readonly text: string;
}

/** Everything that a schema finds wrong in a value, in words. Parse with `reportInput`. */
export function specMistakes(schema: z.core.$ZodType, issues: readonly z.core.$ZodIssue[]): Mistake[] {
  return issues.flatMap((issue) => mistakesOf(schema, issue));
}

function mistakesOf(schema: z.core.$ZodType, issue: z.core.$ZodIssue): Mistake[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = schemaKeys(schemaAt(schema, path));
    return issue.keys.map((key) => ({
      path: [...path, key],
      atKey: true,
      text: unknownKey(key, known),
    }));
  }
  return [{ path, atKey: false, text: wrongValue(schema, issue) }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = closestName(key, known);
  return `is no key of ours; ${meant === null ? '' : `did you mean "${meant}"? `}allowed here: ${known.join(', ')}`;
}

function wrongValue(schema: z.core.$ZodType, issue: z.core.$ZodIssue): string {
  const at = schemaAt(schema, issue.path);
  const allowed = at === null ? '' : schemaWords(at);
  const { input } = issue;
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'invalid_format') return `is ${valueWords(input)}; a valid one ${issue.message}`;
  if (input === undefined) return `is missing; needed: ${allowed}`;
  if (input === null) return `is empty; give ${allowed}, or leave the key out`;
  if (issue.code === 'invalid_type' && issue.expected === 'string' && isScalar(input))
    return `is ${valueWords(input)}, and must be text; write it in quotes: "${input}"`;
  const meant =
    typeof input === 'string' && at instanceof z.ZodEnum ? closestName(input, at.options.map(String)) : null;
  return `is ${valueWords(input)}; ${meant === null ? '' : `did you mean "${meant}"? `}allowed: ${allowed}`;
}

function isScalar(input: unknown): input is number | boolean {
  return typeof input === 'number' || typeof input === 'boolean';
}

function valueWords(input: unknown): string {
  if (typeof input === 'string') return `"${input.length > 60 ? `${input.slice(0, 60)}…` : input}"`;
  if (typeof input === 'number') return `the number ${input}`;
  if (typeof input === 'boolean') return String(input);
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : `a list of ${input.length}`;
  return 'a group of keys';
}
