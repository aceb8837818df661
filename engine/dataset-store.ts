import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import type { QueryInput } from './datapoint-query.ts';
import { EngineError } from './engine-error.ts';

/** A datasource and a query on it, under a name. */
export interface DatasetRow {
  readonly id: number;
  readonly name: string;
  readonly datasourceId: number;
  /** JSON of the `QueryInput`, keys in the order they came: the official client reads the first one of a filter node. */
  readonly query: string;
  /** Seconds. */
  readonly createdAt: number;
}

const rowSchema = z.tuple([z.number(), z.string(), z.number(), z.string(), z.number()]);

export class DatasetStore {
  private readonly database: Database;
  private readonly clock: Clock;
  constructor(parts: { database: Database; clock: Clock }) {
    this.database = parts.database;
    this.clock = parts.clock;
  }

  list(by: { id?: string | null; name?: string | null } = {}): DatasetRow[] {
    return this.database
      .rows('SELECT id, name, datasource_id, query, created_at FROM dataset ORDER BY id')
      .map(toRow)
      .filter(
        (row) => (by.id == null || String(row.id) === by.id) && (by.name == null || row.name === by.name),
      );
  }

  /** Saving the same again finds the first. @throws EngineError when the name stands for something else. */
  save(input: { name: string; datasourceId: number; query: QueryInput }): DatasetRow {
    if (input.name.trim() === '') throw new EngineError('A dataset needs a name.');
    const query = JSON.stringify(withoutNulls(input.query));
    return this.database.transaction(() => {
      const [same] = this.list({ name: input.name });
      if (same?.datasourceId === input.datasourceId && same.query === query) return same;
      if (same) throw new EngineError(`A dataset named "${input.name}" exists already, with another query.`);
      const [row] = this.database.rows(
        'INSERT INTO dataset (name, datasource_id, query, created_at) VALUES (?, ?, ?, ?) RETURNING id, name, datasource_id, query, created_at',
        ...[input.name, input.datasourceId, query, this.clock.tick()],
      );
      return toRow(row ?? []);
    });
  }

  delete(id: string): DatasetRow {
    return this.database.transaction(() => {
      const [row] = this.list({ id });
      if (!row) throw new EngineError(`There is no dataset with id ${id}.`);
      this.database.run('DELETE FROM dataset WHERE id = ?', row.id);
      return row;
    });
  }
}

function toRow(values: unknown[]): DatasetRow {
  const [id, name, datasourceId, query, createdAt] = rowSchema.parse(values);
  return { id, name, datasourceId, query, createdAt };
}

/** The official client takes a `query` that is null for a filter; one that is missing is none. */
function withoutNulls(query: QueryInput): Partial<QueryInput> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value != null));
}
