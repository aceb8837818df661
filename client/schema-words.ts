import { z } from 'zod';

type Schema = z.core.$ZodType;

/** A schema without its defaults and optionality. */
export function bareSchema(schema: Schema): Schema {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? bareSchema(schema.unwrap())
    : schema;
}

/** The schema of what stands at a path of keys and indices, or null where the path leaves the schema. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | null {
  const bare = bareSchema(schema);
  const [key, ...rest] = path;
  if (key === undefined) return bare;
  if (bare instanceof z.ZodObject) {
    const child = (bare.shape as Record<PropertyKey, Schema | undefined>)[key];
    return child ? schemaAt(child, rest) : null;
  }
  if (bare instanceof z.ZodArray) return schemaAt(bare.element, rest);
  if (bare instanceof z.ZodRecord) return schemaAt(bare.valueType, rest);
  if (bare instanceof z.ZodUnion) {
    for (const option of bare.options) {
      const found = schemaAt(option, path);
      if (found) return found;
    }
  }
  return null;
}

/** The keys an object takes; empty for anything else. */
export function schemaKeys(schema: Schema | null): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** What a schema allows, in words: `a whole number from 1 to 50000`. */
export function schemaWords(schema: Schema): string {
  const bare = bareSchema(schema);
  if (bare instanceof z.ZodString) return 'text';
  if (bare instanceof z.ZodBoolean) return 'true or false';
  if (bare instanceof z.ZodNumber) return numberWords(bare);
  if (bare instanceof z.ZodEnum) return oneOf(bare.options.map(String));
  if (bare instanceof z.ZodLiteral) return oneOf([...bare.values].map(String));
  if (bare instanceof z.ZodArray) {
    const least = bare.def.checks?.map(checkOf).find(({ check }) => check === 'min_length')?.minimum;
    return `a list of ${schemaWords(bare.element)}${least === undefined ? '' : `, at least ${least}`}`;
  }
  if (bare instanceof z.ZodRecord) return `keys with ${schemaWords(bare.valueType)}`;
  if (bare instanceof z.ZodObject) return `the keys ${schemaKeys(bare).join(', ')}`;
  if (bare instanceof z.ZodUnion) return [...new Set(bare.options.map(schemaWords))].join(' or ');
  return 'something else';
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`;
}

function numberWords(schema: z.ZodNumber): string {
  const checks = (schema.def.checks ?? []).map(checkOf);
  const noun = checks.some(({ check }) => check === 'number_format') ? 'a whole number' : 'a number';
  const low = checks.find(({ check }) => check === 'greater_than');
  const high = checks.find(({ check }) => check === 'less_than');
  const from = low && (low.inclusive ? ` from ${low.value}` : ` above ${low.value}`);
  const to = high && (high.inclusive ? ` to ${high.value}` : ` below ${high.value}`);
  return noun + (from ?? '') + (to ?? '');
}

interface Check {
  readonly check: string;
  readonly value?: number;
  readonly minimum?: number;
  readonly inclusive?: boolean;
}

function checkOf(check: { _zod: { def: unknown } }): Check {
  return check._zod.def as Check;
}
