import { z } from 'zod';
import { EngineError } from './engine-error.ts';

const leafSchema = z.object({
  key: z.string().min(1),
  value: z.union([z.string(), z.number(), z.boolean()]).transform(String).default(''),
  valueType: z.enum(['BOOLEAN', 'INTEGER', 'DATETIME', 'FLOAT', 'STRING', 'BLOB']),
  comparator: z.enum([
    'EQUAL',
    'GREATER_THAN',
    'GREATER_EQUAL_THAN',
    'LESS_THAN',
    'LESS_EQUAL_THAN',
    'CONTAINS',
    'IS_NULL',
    'STARTS_WITH',
    'ENDS_WITH',
  ]),
});

export type FilterLeaf = z.output<typeof leafSchema>;

/** `QueryInput.query`, checked. */
export type Filter = { not: boolean } & (
  { kind: 'leaf'; leaf: FilterLeaf } | { kind: 'and' | 'or'; children: Filter[] }
);

const maxDepth = 100;
const maxLeaves = 10_000;

/** Reads a filter tree; null when there is none. @throws EngineError naming the place that is wrong. */
export function parseFilter(query: unknown): Filter | null {
  if (query === null || query === undefined) return null;
  const budget = { leaves: maxLeaves };
  return parseNode(query, 'query', 0, budget);
}

function parseNode(node: unknown, place: string, depth: number, budget: { leaves: number }): Filter {
  if (depth > maxDepth) throw new EngineError(`The filter is nested deeper than ${maxDepth} levels.`);
  if (typeof node !== 'object' || node === null || Array.isArray(node))
    throw new EngineError(`The filter at ${place} is no object.`);
  const keys = Object.keys(node).filter(
    (key) => key !== 'not' && (node as Record<string, unknown>)[key] != null,
  );
  const [kind] = keys;
  if (keys.length !== 1 || (kind !== 'filter' && kind !== 'and' && kind !== 'or'))
    throw new EngineError(`The filter at ${place} needs exactly one of "filter", "and", "or".`);
  const value = (node as Record<string, unknown>)[kind];
  const not = 'not' in node && node.not === true;
  if (kind === 'filter') {
    if (--budget.leaves < 0) throw new EngineError(`The filter has more than ${maxLeaves} conditions.`);
    return { kind: 'leaf', not, leaf: parseLeaf(value, `${place}.filter`) };
  }
  if (!Array.isArray(value)) throw new EngineError(`The filter at ${place}.${kind} is no list.`);
  const children = value.map((child, index) =>
    parseNode(child, `${place}.${kind}[${index}]`, depth + 1, budget),
  );
  return { kind, not, children };
}

function parseLeaf(value: unknown, place: string): FilterLeaf {
  const { comparator, asOf } = (value ?? {}) as { comparator?: unknown; asOf?: unknown };
  if (comparator === 'DATE_TIME_FILTER')
    throw new EngineError(
      'This engine does not answer DATE_TIME_FILTER; compare a DATETIME in milliseconds.',
    );
  if (asOf != null) throw new EngineError('This engine keeps no history: a filter cannot have "asOf".');
  const parsed = leafSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new EngineError(
    `The filter at ${[place, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'wrong'}`,
  );
}
