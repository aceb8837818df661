import type { Database } from './database.ts';

/** The table of a datasource's datapoints as they are today; ids are never given twice. Its history is in `past.ts`. */
export function datapointTable(datasourceId: number): string {
  return `datapoint_${datasourceId}`;
}

/** The column of a field. Names of people never reach SQL. */
export function fieldColumn(fieldId: number): string {
  return `f${fieldId}`;
}

/** Beside a DATETIME column: the zone it was given in. */
export function zoneColumn(fieldId: number): string {
  return `z${fieldId}`;
}

export function fieldIndex(fieldId: number): string {
  return `by_f${fieldId}`;
}

/** Over those of its datapoints that have no value of another field. */
export function fieldIndexWithout(fieldId: number, absentFieldId: number): string {
  return `${fieldIndex(fieldId)}_without_f${absentFieldId}`;
}

export function createDatapointTable(database: Database, datasourceId: number): void {
  database.exec(
    `CREATE TABLE ${datapointTable(datasourceId)} (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       path TEXT NOT NULL UNIQUE,
       created_at INTEGER NOT NULL DEFAULT 0
     )`,
  );
}

export function dropDatapointTable(database: Database, datasourceId: number): void {
  database.exec(`DROP TABLE IF EXISTS ${datapointTable(datasourceId)}`);
}
