import { z } from 'zod';
import type { Database } from './database.ts';
import { createDatapointTable, dropDatapointTable } from './datapoint-table.ts';
import { EngineError } from './engine-error.ts';
import { createPast, dropPast } from './past.ts';

export type PreprocessingStatus = 'READY' | 'IN_PROGRESS' | 'FAILED';
export type DatasourceType = 'BUCKET' | 'REPOSITORY' | 'CUSTOM';

export interface DatasourceRow {
  readonly id: number;
  readonly name: string;
  readonly rootUrl: string;
  readonly type: DatasourceType;
  readonly status: PreprocessingStatus;
  /** Why it is FAILED. */
  readonly statusReason: string | null;
}

const rowSchema = z.tuple([
  z.number(),
  z.string(),
  z.string(),
  z.enum(['BUCKET', 'REPOSITORY', 'CUSTOM']),
  z.enum(['READY', 'IN_PROGRESS', 'FAILED']),
  z.string().nullable(),
]);

/** The datasources and what state their scan is in. */
export class DatasourceStore {
  private readonly database: Database;
  constructor(database: Database) {
    this.database = database;
  }

  list(by: { id?: string | null; name?: string | null } = {}): DatasourceRow[] {
    return this.database
      .rows('SELECT id, name, root_url, type, status, status_reason FROM datasource ORDER BY id')
      .map(toRow)
      .filter(
        (row) => (by.id == null || String(row.id) === by.id) && (by.name == null || row.name === by.name),
      );
  }

  get(id: string): DatasourceRow {
    const [row] = this.list({ id });
    if (!row) throw new EngineError(`There is no datasource with id ${id}.`);
    return row;
  }

  /** Made with status IN_PROGRESS, so that a scan cut short by a crash is found again. */
  create(input: { name: string; rootUrl: string; type: DatasourceType }): DatasourceRow {
    if (input.name.trim() === '') throw new EngineError('A datasource needs a name.');
    return this.database.transaction(() => {
      if (this.list({ name: input.name }).length > 0)
        throw new EngineError(`A datasource named "${input.name}" exists already.`);
      this.database.run(
        "INSERT INTO datasource (name, root_url, type, status) VALUES (?, ?, ?, 'IN_PROGRESS')",
        input.name,
        input.rootUrl,
        input.type,
      );
      const [row] = this.list({ name: input.name });
      if (!row) throw new Error('an inserted datasource is missing');
      createDatapointTable(this.database, row.id);
      createPast(this.database, row.id);
      return row;
    });
  }

  setStatus(id: number, status: PreprocessingStatus, reason: string | null = null): void {
    this.database.run('UPDATE datasource SET status = ?, status_reason = ? WHERE id = ?', status, reason, id);
  }

  delete(id: string): DatasourceRow {
    return this.database.transaction(() => {
      const row = this.get(id);
      dropDatapointTable(this.database, row.id);
      dropPast(this.database, row.id);
      this.database.run('DELETE FROM dataset WHERE datasource_id = ?', row.id);
      this.database.run('DELETE FROM field WHERE datasource_id = ?', row.id);
      this.database.run('DELETE FROM datasource WHERE id = ?', row.id);
      return row;
    });
  }
}

function toRow(values: unknown[]): DatasourceRow {
  const [id, name, rootUrl, type, status, statusReason] = rowSchema.parse(values);
  return { id, name, rootUrl, type, status, statusReason };
}
