import type { ValueType } from '../core/datapoints.ts';
import { datapointTable, fieldColumn, zoneColumn } from './datapoint-table.ts';
import type { Field } from './field-store.ts';
import { goneTable, pastTable } from './past.ts';

/** The datapoints of a datasource, today or as of a second. */
export interface View {
  readonly datasourceId: number;
  readonly fields: ReadonlyMap<string, Field>;
  /** Null for today. */
  readonly asOf: number | null;
}

/** What a name of a filter or an order stands for, as SQL over a row of {@link rowsOf}. */
export interface Column {
  readonly sql: string;
  readonly valueType: ValueType;
  /** None for what every datapoint has by itself. */
  readonly field?: Field;
  /** The zone a DATETIME was given in; SQL as well. */
  readonly zoneSql: string;
}

/** @returns undefined for a field that nobody has written. */
export function columnOf(name: string, view: View, asOf: number | null = view.asOf): Column | undefined {
  if (name === 'path') return { sql: 'd.path', valueType: 'STRING', zoneSql: 'NULL' };
  if (name === 'datapoint_id') return { sql: 'd.id', valueType: 'INTEGER', zoneSql: 'NULL' };
  const field = view.fields.get(name);
  if (!field) return undefined;
  const { valueType } = field;
  const zone = valueType === 'DATETIME' && !field.multiple ? `d.${zoneColumn(field.id)}` : 'NULL';
  const value = `d.${fieldColumn(field.id)}`;
  if (asOf === null) return { sql: value, valueType, field, zoneSql: zone };
  return {
    sql: standing('value', value, field, view, asOf),
    valueType,
    field,
    zoneSql: zone === 'NULL' ? zone : standing('zone', zone, field, view, asOf),
  };
}

/** The `FROM` of a query; rows are named `d`. As of a second, those deleted since are there too, and those made since are not. */
export function rowsOf(view: View): string {
  const table = datapointTable(view.datasourceId);
  if (view.asOf === null) return `${table} AS d`;
  const columns = [...view.fields.values()].flatMap(({ id, valueType }) =>
    valueType === 'DATETIME' ? [fieldColumn(id), zoneColumn(id)] : [fieldColumn(id)],
  );
  return `(SELECT ${['id', 'path', 'created_at', ...columns].join(', ')} FROM ${table} WHERE created_at <= ${seconds(view.asOf)}
    UNION ALL
    SELECT ${['id', 'path', 'created_at', ...columns.map(() => 'NULL')].join(', ')} FROM ${goneTable(view.datasourceId)}
    WHERE created_at <= ${seconds(view.asOf)} AND deleted_at > ${seconds(view.asOf)}) AS d`;
}

/** The first value that ended after the second is the one that stood then; without one it is today's. */
function standing(what: 'value' | 'zone', today: string, field: Field, view: View, asOf: number): string {
  const since = `FROM ${pastTable(view.datasourceId)} AS p
    WHERE p.datapoint = d.id AND p.field = ${field.id} AND p.until > ${seconds(asOf)}`;
  return `CASE WHEN d.created_at > ${seconds(asOf)} THEN NULL WHEN EXISTS (SELECT 1 ${since})
    THEN (SELECT p.${what} ${since} ORDER BY p.until LIMIT 1) ELSE ${today} END`;
}

/** Into SQL goes a whole number only. */
function seconds(asOf: number): string {
  if (!Number.isSafeInteger(asOf)) throw new Error('asOf is in whole seconds');
  return String(asOf);
}
