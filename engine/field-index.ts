import type { Database } from './database.ts';
import { datapointTable, fieldColumn, fieldIndex, fieldIndexWithout } from './datapoint-table.ts';
import type { Field } from './field-store.ts';

/** Values that are compared and ordered can have an index. */
export function isIndexable(field: Field): boolean {
  return field.valueType !== 'BLOB' && !field.multiple;
}

/**
 * The index over the datapoints that hold a value of the field. It is made when a query first has use for it, in a second for a million
 * datapoints: kept for every field from the start, indexes would take most of the time of writing, and half of the file.
 *
 * @param absent - A field that the datapoints hold no value of. The unlabelled ones in order of score are then found without a look at
 * the labelled ones, which have the lowest scores of all: they were asked first.
 * @returns Its name.
 */
export function ensureFieldIndex(
  database: Database,
  datasourceId: number,
  field: Field,
  absent?: Field,
): string {
  const name = absent ? fieldIndexWithout(field.id, absent.id) : fieldIndex(field.id);
  const known = database.rows("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", name);
  const column = fieldColumn(field.id);
  const without = absent ? ` AND ${fieldColumn(absent.id)} IS NULL` : '';
  if (known.length === 0)
    database.exec(
      `CREATE INDEX ${name} ON ${datapointTable(datasourceId)} (${column}) WHERE ${column} IS NOT NULL${without}`,
    );
  return name;
}

/** Of a field that has no order any more. */
export function dropFieldIndexes(database: Database, field: Field): void {
  const name = fieldIndex(field.id);
  for (const [one] of database.rows(
    "SELECT name FROM sqlite_master WHERE type = 'index' AND (name = ? OR name GLOB ?)",
    name,
    `${name}_without_*`,
  ))
    database.exec(`DROP INDEX ${String(one)}`);
}
