import type { Database } from './database.ts';
import { datapointTable, fieldColumn, zoneColumn } from './datapoint-table.ts';
import type { Field } from './field-store.ts';

/** Former values of a datasource's datapoints. */
export function pastTable(datasourceId: number): string {
  return `past_${datasourceId}`;
}

/** Its deleted datapoints. */
export function goneTable(datasourceId: number): string {
  return `gone_${datasourceId}`;
}

/**
 * The history of a datasource. The datapoints' own table holds today and is all that a query of today reads; a row here is a value
 * that stood `until` a second, and is written by the trigger of its field. What a datapoint was made with has no row: before
 * `created_at` it did not exist. Within one second the last value counts.
 */
export function createPast(database: Database, datasourceId: number): void {
  database.exec(
    `CREATE TABLE ${pastTable(datasourceId)} (
       datapoint INTEGER NOT NULL,
       field INTEGER NOT NULL,
       until INTEGER NOT NULL,
       value ANY,
       zone TEXT,
       PRIMARY KEY (datapoint, field, until)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE ${goneTable(datasourceId)} (
       id INTEGER PRIMARY KEY,
       path TEXT NOT NULL,
       created_at INTEGER NOT NULL,
       deleted_at INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX ${goneTable(datasourceId)}_by_path ON ${goneTable(datasourceId)} (path);`,
  );
}

export function dropPast(database: Database, datasourceId: number): void {
  database.exec(
    `DROP TABLE IF EXISTS ${pastTable(datasourceId)}; DROP TABLE IF EXISTS ${goneTable(datasourceId)}`,
  );
}

/** From now on what the field held is kept. */
export function keepPastOf(database: Database, datasourceId: number, field: Field): void {
  const column = fieldColumn(field.id);
  const zone = field.valueType === 'DATETIME' ? zoneColumn(field.id) : null;
  const columns = zone === null ? [column] : [column, zone];
  database.exec(
    `CREATE TRIGGER ${triggerOf(field)} AFTER UPDATE OF ${columns.join(', ')} ON ${datapointTable(datasourceId)}
     WHEN ${columns.map((one) => `old.${one} IS NOT new.${one}`).join(' OR ')}
     BEGIN
       INSERT INTO ${pastTable(datasourceId)} (datapoint, field, until, value, zone)
       SELECT old.id, ${field.id}, now, old.${column}, ${zone === null ? 'NULL' : `old.${zone}`}
       FROM clock WHERE now > old.created_at
       ON CONFLICT DO NOTHING;
     END`,
  );
}

/** Runs what changes the shape of a field's values and not their meaning; nothing of it is kept as past. */
export function withoutKeeping(
  database: Database,
  datasourceId: number,
  field: Field,
  reshape: () => void,
): void {
  database.exec(`DROP TRIGGER IF EXISTS ${triggerOf(field)}`);
  reshape();
  keepPastOf(database, datasourceId, field);
}

function triggerOf(field: Field): string {
  return `keep_f${field.id}`;
}
