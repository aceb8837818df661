import type { Database, SqlValue } from './database.ts';
import { datapointTable, fieldColumn } from './datapoint-table.ts';
import { ensureFieldIndex, isIndexable } from './field-index.ts';
import type { Field } from './field-store.ts';
import type { Filter, FilterLeaf } from './filter.ts';
import { parseValue } from './metadata-value.ts';

/** An index is worth its detour up to this many datapoints. */
const fewDatapoints = 20_000;

/**
 * Which index a page is read by, as SQLite's `INDEXED BY` clause. SQLite itself knows neither the page's limit nor how many
 * datapoints share a value, and sorts half a million to answer a thousand. The rule: a condition that few datapoints meet
 * goes first; else the order's own index, over those without a value where the filter wants none of a field; else the table in order of
 * id, which a cursor continues where it stopped.
 */
export function chooseIndex(
  database: Database,
  datasourceId: number,
  query: {
    filter: Filter | null;
    fields: ReadonlyMap<string, Field>;
    orderBy: readonly { field: string }[];
    neverNull: ReadonlySet<string>;
  },
): string {
  const rare = rarestEqual(database, datasourceId, query.filter, query.fields);
  if (rare) return `INDEXED BY ${ensureFieldIndex(database, datasourceId, rare)}`;
  const first = query.orderBy.find(({ field }) => query.fields.has(field) || field === 'path');
  const ordering = first && query.fields.get(first.field);
  if (ordering && isIndexable(ordering) && query.neverNull.has(ordering.name))
    return `INDEXED BY ${ensureFieldIndex(database, datasourceId, ordering, absentField(query))}`;
  return first || namesDatapoints(query.filter) ? '' : 'NOT INDEXED';
}

/** A comparison with paths or ids: SQLite finds those by itself. */
function namesDatapoints(filter: Filter | null): boolean {
  if (!filter) return false;
  if (filter.kind === 'leaf') return filter.leaf.key === 'path' || filter.leaf.key === 'datapoint_id';
  return filter.children.some(namesDatapoints);
}

/** Fields that every datapoint the filter lets through has a value of, at the time of the query. */
export function neverNullFields(filter: Filter | null): Set<string> {
  const names = requiredLeaves(filter)
    .filter(({ leaf, not }) => leaf.asOf == null && (leaf.comparator === 'IS_NULL' ? not : !not))
    .map(({ leaf }) => leaf.key);
  return new Set(names);
}

/** The first field that no datapoint the filter lets through has a value of, at the time of the query. */
function absentField({
  filter,
  fields,
}: {
  filter: Filter | null;
  fields: ReadonlyMap<string, Field>;
}): Field | undefined {
  const found = requiredLeaves(filter).find(
    ({ leaf, not }) => !not && leaf.comparator === 'IS_NULL' && leaf.asOf == null && fields.has(leaf.key),
  );
  return found && fields.get(found.leaf.key);
}

function rarestEqual(
  database: Database,
  datasourceId: number,
  filter: Filter | null,
  fields: ReadonlyMap<string, Field>,
): Field | undefined {
  let best: { field: Field; count: number } | undefined;
  for (const { leaf, not } of requiredLeaves(filter)) {
    const field = fields.get(leaf.key);
    if (not || leaf.asOf != null || leaf.comparator !== 'EQUAL' || !field || !isIndexable(field)) continue;
    const limit = best ? best.count : fewDatapoints;
    ensureFieldIndex(database, datasourceId, field);
    const count = countEqual(
      database,
      datasourceId,
      field,
      parseValue(leaf.value, field.valueType, leaf.key),
      limit,
    );
    if (count < limit) best = { field, count };
  }
  return best?.field;
}

function countEqual(
  database: Database,
  datasourceId: number,
  field: Field,
  value: SqlValue,
  limit: number,
): number {
  const [row] = database.rows(
    `SELECT count(*) FROM (SELECT 1 FROM ${datapointTable(datasourceId)} WHERE ${fieldColumn(field.id)} = ? LIMIT ?)`,
    value,
    limit,
  );
  return Number(row?.[0]);
}

/** The conditions that must all hold: the tree's top, through its ANDs. */
function requiredLeaves(filter: Filter | null): { leaf: FilterLeaf; not: boolean }[] {
  if (!filter) return [];
  if (filter.kind === 'leaf') return [{ leaf: filter.leaf, not: filter.not }];
  return filter.kind === 'and' && !filter.not ? filter.children.flatMap(requiredLeaves) : [];
}
