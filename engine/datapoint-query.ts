import { columnOf, rowsOf, type View } from './column.ts';
import type { Database, SqlValue } from './database.ts';
import { requireZone } from './date-time-filter.ts';
import { EngineError } from './engine-error.ts';
import type { Field, FieldStore } from './field-store.ts';
import { parseFilter } from './filter.ts';
import { compileFilter, type Condition } from './filter-sql.ts';
import { formatValue } from './metadata-value.ts';
import { behind, orderSql, readCursor, resolveOrder, writeCursor, type Place } from './page-order.ts';
import { chooseIndex, neverNullFields } from './query-plan.ts';

/** `QueryInput` of the protocol. */
export interface QueryInput {
  readonly query?: unknown;
  readonly select?: readonly { name: string; asOf?: number | null; alias?: string | null }[] | null;
  readonly orderBy?: readonly { field: string; order?: 'ASC' | 'DESC' | null }[] | null;
  readonly limit?: number | null;
  /** Seconds; the datapoints and values that stood then. */
  readonly asOf?: number | null;
  /** `+HH:MM`: instead of the zones that DATETIMEs were given in. */
  readonly timeZone?: string | null;
}

export interface MetadataValue {
  readonly key: string;
  readonly value: unknown;
  readonly timeZone: string | null;
}

export interface DatapointsPage {
  readonly datapoints: { id: string; path: string; metadata: MetadataValue[] }[];
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
  readonly selected: { field: Field; name: string; asOf: number | null }[];
}

type Selected = DatapointsPage['selected'][number];
const defaultPage = 1000;
const largestPage = 50_000;

/** One page of the datapoints a query finds, continued by cursor: its place in the order, never a count of rows. */
export function queryDatapoints(
  parts: { database: Database; fields: FieldStore },
  datasourceId: number,
  input: { query: QueryInput; first?: number | null; after?: string | null },
): DatapointsPage {
  const { query } = input;
  const fields = parts.fields.list(datasourceId);
  const view: View = { datasourceId, fields, asOf: query.asOf ?? null };
  const timeZone = query.timeZone == null ? null : requireZone(query.timeZone);
  const filter = parseFilter(query.query);
  const neverNull = neverNullFields(filter);
  const orderBy = (query.orderBy ?? []).map(({ field, order }) => ({
    field,
    order: order ?? ('ASC' as const),
  }));
  const terms = resolveOrder(orderBy, view, neverNull);
  const place = input.after ? readCursor(input.after, terms) : null;
  const answered = place?.answered ?? 0;
  const size = pageSize(input.first, query.limit, answered);
  const selected = select(query.select, view);
  const conditions: Condition[] = [
    ...(filter ? [compileFilter(filter, view, timeZone)] : []),
    ...(place ? [behind(place, terms)] : []),
    // Said again, as SQLite takes an index of present values only for a condition that it understands.
    ...terms
      .filter((term) => term.neverNull)
      .map(({ column }) => ({ sql: `${column} IS NOT NULL`, values: [] })),
  ];
  const columns = ['d.id', 'd.path', ...selected.flatMap((one) => columnsOf(one, view))];
  const sql = [
    `SELECT ${columns.join(', ')} FROM ${rowsOf(view)}`,
    view.asOf === null
      ? chooseIndex(parts.database, datasourceId, { filter, fields, orderBy, neverNull })
      : '',
    conditions.length > 0 ? `WHERE ${conditions.map((one) => one.sql).join(' AND ')}` : '',
    `ORDER BY ${orderSql(terms)} LIMIT ?`,
  ].join(' ');
  const found = parts.database.rows(sql, ...conditions.flatMap((one) => one.values), size + 1);
  const rows = found.slice(0, size);
  const last = rows.at(-1)?.[0];
  const limitReached = query.limit != null && answered + rows.length >= query.limit;
  return {
    datapoints: rows.map((row) => toDatapoint(row, selected, timeZone)),
    endCursor: last == null ? null : writeCursor(placeOf(Number(last), answered + rows.length), terms),
    hasNextPage: found.length > size && !limitReached,
    selected,
  };

  function placeOf(id: number, seen: number): Place {
    const ordered = terms.map(({ column }) => column).join(', ');
    const [row = []] = ordered
      ? parts.database.rows(`SELECT ${ordered} FROM ${rowsOf(view)} WHERE d.id = ?`, id)
      : [];
    return {
      values: row.map((value) => (value instanceof Uint8Array ? null : value)),
      id,
      answered: seen,
    };
  }
}

function pageSize(
  first: number | null | undefined,
  limit: number | null | undefined,
  answered: number,
): number {
  if (first != null && first < 0) throw new EngineError('"first" is not negative.');
  if (limit != null && limit < 0) throw new EngineError('"limit" is not negative.');
  return Math.min(first ?? defaultPage, largestPage, Math.max((limit ?? Infinity) - answered, 0));
}

/** The fields asked for under the names they are asked for; all when none is. A field's own time goes before the query's. */
function select(wanted: QueryInput['select'], { fields, asOf }: View): Selected[] {
  if (!wanted || wanted.length === 0)
    return [...fields.values()].map((field) => ({ field, name: field.name, asOf }));
  return wanted.flatMap((one) => {
    const field = fields.get(one.name);
    return field ? [{ field, name: one.alias ?? one.name, asOf: one.asOf ?? asOf }] : [];
  });
}

function columnsOf({ field, asOf }: Selected, view: View): string[] {
  const column = columnOf(field.name, view, asOf);
  if (!column) throw new Error(`the field ${field.name} has no column`);
  return hasZone(field) ? [column.sql, column.zoneSql] : [column.sql];
}

function hasZone(field: Field): boolean {
  return field.valueType === 'DATETIME' && !field.multiple;
}

/** A row holds its id, its path, and what {@link columnsOf} the selected ones gave. */
function toDatapoint(
  row: readonly SqlValue[],
  selected: readonly Selected[],
  timeZone: string | null,
): DatapointsPage['datapoints'][number] {
  const metadata: MetadataValue[] = [];
  let column = 2;
  for (const { field, name } of selected) {
    const value = row[column++];
    const zone = hasZone(field) ? row[column++] : null;
    if (value === null || value === undefined) continue;
    metadata.push({
      key: name,
      value: toJson(value, field),
      timeZone: typeof zone === 'string' ? (timeZone ?? zone) : null,
    });
  }
  return { id: String(row[0]), path: String(row[1]), metadata };
}

function toJson(value: SqlValue, field: Field): unknown {
  if (!field.multiple) return formatValue(value, field.valueType);
  return (JSON.parse(String(value)) as (string | number)[]).map((one) => formatValue(one, field.valueType));
}
