import { z } from 'zod';
import { columnOf, type View } from './column.ts';
import { EngineError } from './engine-error.ts';
import type { Condition } from './filter-sql.ts';

export interface OrderTerm {
  readonly name: string;
  /** SQL. */
  readonly column: string;
  readonly descending: boolean;
  /** The filter leaves no datapoint without this value: an index can serve the order. */
  readonly neverNull: boolean;
}

/** The place of the last datapoint of a page in the order, and how many went before. */
export interface Place {
  /** Its value for each term of the order. */
  readonly values: readonly (string | number | null)[];
  readonly id: number;
  /** Datapoints answered so far, for a query's `limit`. */
  readonly answered: number;
}

const cursorSchema = z.object({
  order: z.string(),
  values: z.array(z.union([z.string(), z.number(), z.null()])),
  id: z.int(),
  answered: z.int(),
});

/** The terms of `orderBy`, up to one that decides alone. A field that nobody has written orders nothing. */
export function resolveOrder(
  orderBy: readonly { field: string; order: 'ASC' | 'DESC' }[],
  view: View,
  neverNull: ReadonlySet<string>,
): OrderTerm[] {
  const terms: OrderTerm[] = [];
  for (const { field: name, order } of orderBy) {
    const column = columnOf(name, view);
    if (!column || terms.some((term) => term.column === column.sql)) continue;
    if (column.field?.multiple || column.valueType === 'BLOB')
      throw new EngineError(
        `The field "${name}" has no order: it holds ${column.field?.multiple ? 'lists' : 'BLOBs'}.`,
      );
    const always = column.field === undefined;
    terms.push({
      name,
      column: column.sql,
      descending: order === 'DESC',
      neverNull: always || neverNull.has(name),
    });
  }
  return terms;
}

/** Values in order, datapoints without one last, ties by id. */
export function orderSql(terms: readonly OrderTerm[]): string {
  const parts = terms.map(
    ({ column, descending, neverNull }) =>
      `${column} ${descending ? 'DESC' : 'ASC'}${neverNull ? '' : ' NULLS LAST'}`,
  );
  return [...parts, 'd.id ASC'].join(', ');
}

/** True for the datapoints behind the place. */
export function behind(place: Place, terms: readonly OrderTerm[]): Condition {
  const [term, ...rest] = terms;
  if (!term) return { sql: 'd.id > ?', values: [place.id] };
  const [value, ...restValues] = place.values;
  const ties = behind({ ...place, values: restValues }, rest);
  const { column, descending, neverNull } = term;
  if (value === null || value === undefined)
    return { sql: `(${column} IS NULL AND ${ties.sql})`, values: ties.values };
  const [past, pastOrSame] = descending ? ['<', '<='] : ['>', '>='];
  const after: Condition = {
    sql: `(${column} ${past} ? OR (${column} = ? AND ${ties.sql}))`,
    values: [value, value, ...ties.values],
  };
  return neverNull
    ? { sql: `(${column} ${pastOrSame} ? AND ${after.sql})`, values: [value, ...after.values] }
    : { sql: `(${column} IS NULL OR ${after.sql})`, values: after.values };
}

export function writeCursor(place: Place, terms: readonly OrderTerm[]): string {
  return Buffer.from(JSON.stringify({ order: signature(terms), ...place })).toString('base64url');
}

/** @throws EngineError when the text is no cursor, or one of another order. */
export function readCursor(cursor: string, terms: readonly OrderTerm[]): Place {
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (!parsed.success) throw new EngineError('"after" is no cursor of this engine.');
  if (parsed.data.order !== signature(terms) || parsed.data.values.length !== terms.length)
    throw new EngineError('"after" is a cursor of a query in another order.');
  return parsed.data;
}

function signature(terms: readonly OrderTerm[]): string {
  return terms.map(({ name, descending }) => `${descending ? '-' : '+'}${name}`).join('\n');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
