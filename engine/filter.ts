import { z } from 'zod';
import { readTimeFilter, type TimeFilter } from './date-time-filter.ts';
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
  /** Seconds; the value that stood then is compared. */
  asOf: z.int().nullish(),
});

/** A comparison; a part of a date is one of its own. */
export type FilterLeaf =
  | z.output<typeof leafSchema>
  | {
      readonly key: string;
      readonly comparator: 'DATE_TIME_FILTER';
      readonly valueType: 'DATETIME';
      readonly time: TimeFilter;
      readonly asOf?: number | null | undefined;
    };

/** `QueryInput.query`, checked. */
export type Filter = { not: boolean } & (
  { kind: 'leaf'; leaf: FilterLeaf } | { kind: 'and' | 'or'; children: Filter[] }
);

const dateTimeSchema = z.object({
  key: z.string().min(1),
  comparator: z.literal('DATE_TIME_FILTER'),
  valueType: z.literal('DATETIME'),
  asOf: z.int().nullish(),
  timeFilter: z.enum(['YEAR', 'MONTH', 'DAY', 'TIMEOFDAY']),
  value: z.unknown(),
  valueRange: z.unknown(),
});

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
  const { comparator } = (value ?? {}) as { comparator?: unknown };
  const parsed =
    comparator === 'DATE_TIME_FILTER' ? dateTimeSchema.safeParse(value) : leafSchema.safeParse(value);
  if (parsed.success) {
    if (parsed.data.comparator !== 'DATE_TIME_FILTER') return parsed.data;
    const { key, comparator, valueType, asOf } = parsed.data;
    return { key, comparator, valueType, asOf, time: readTimeFilter(parsed.data) };
  }
  const issue = parsed.error.issues[0];
  throw new EngineError(
    `The filter at ${[place, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'wrong'}`,
  );
}
