import type { Database } from './database.ts';
import { datapointTable, fieldColumn, fieldIndex } from './datapoint-table.ts';
import type { Field } from './field-store.ts';

/** Values that are compared and ordered can have an index. */
export function isIndexable(field: Field): boolean {
  return field.valueType !== 'BLOB' && !field.multiple;
}

/**
 * The index over the datapoints that hold a value of the field. It is made when a query first has use for it, in a second for a million
 * datapoints: kept for every field from the start, indexes would take most of the time of writing, and half of the file.
 *
 * @returns Its name.
 */
export function ensureFieldIndex(database: Database, datasourceId: number, field: Field): string {
  const name = fieldIndex(field.id);
  const known = database.rows("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", name);
  const column = fieldColumn(field.id);
  if (known.length === 0)
    database.exec(
      `CREATE INDEX ${name} ON ${datapointTable(datasourceId)} (${column}) WHERE ${column} IS NOT NULL`,
    );
  return name;
}
