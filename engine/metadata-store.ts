import { setImmediate } from 'node:timers/promises';
import type { ValueType } from '../core/datapoints.ts';
import { readBlob, type Blob, type BlobStore } from './blob-store.ts';
import type { Clock } from './clock.ts';
import type { Database, SqlValue } from './database.ts';
import { datapointTable, fieldColumn, zoneColumn } from './datapoint-table.ts';
import { EngineError } from './engine-error.ts';
import { requireType, type Field, type FieldProps, type FieldStore } from './field-store.ts';
import { maxStringLength, parseValue } from './metadata-value.ts';
import { goneTable } from './past.ts';
import { requirePlainPath } from './plain-path.ts';

/** `DatapointMetadataInput` of the protocol: one value. */
export interface MetadataInput {
  /** The datapoint's path. */
  readonly url: string;
  readonly key: string;
  readonly value: string;
  readonly valueType: ValueType;
  readonly allowMultiple?: boolean | null;
  readonly timeZone?: string | null;
}

/** `DatapointMetadataDeleteInput` of the protocol. */
export interface MetadataDeletion {
  readonly datapointId: string;
  readonly key?: string | null;
  readonly fields?: readonly string[] | null;
}

/** A datapoint's values by field, typed; of a field without lists the first counts. */
export interface ImportedRow {
  readonly path: string;
  readonly values: ReadonlyMap<string, readonly (string | number | Blob)[]>;
}

type Change = { field: Field; values: (string | number)[]; zone: string | null };

/**
 * Writes metadata, one transaction a request, and every change keeps what was there before (`past.ts`). An update is an upsert by (path, key), and an unknown path becomes a datapoint.
 * Values sent with `allowMultiple` join those that are there, each value once: clients may split a list between requests.
 */
export class MetadataStore {
  private readonly database: Database;
  private readonly fields: FieldStore;
  private readonly blobs: BlobStore;
  private readonly clock: Clock;
  constructor(parts: { database: Database; fields: FieldStore; blobs: BlobStore; clock: Clock }) {
    this.database = parts.database;
    this.clock = parts.clock;
    this.fields = parts.fields;
    this.blobs = parts.blobs;
  }

  /** @returns The paths written, each once. */
  async update(datasourceId: number, entries: readonly MetadataInput[]): Promise<string[]> {
    const blobs = await readBlobs(entries);
    return this.database.transaction(() => {
      const now = this.clock.tick();
      const fields = this.ensureFields(datasourceId, entries);
      const rows = new Map<string, Map<string, Change>>();
      entries.forEach((entry, index) => {
        const field = fields.get(entry.key);
        if (!field) throw new Error(`the field ${entry.key} was not made`);
        const blob = blobs.get(index);
        if (blob) this.blobs.put(blob);
        collect(
          rows,
          entry,
          field,
          blob ? blob.hash : parseValue(entry.value, entry.valueType, describe(entry)),
        );
      });
      for (const [path, changes] of rows) this.write(datasourceId, path, [...changes.values()], now);
      return [...rows.keys()];
    });
  }

  /**
   * Rows that are read while they are written, in one transaction: what `rows` throws undoes them all. It is one stroke, and no other
   * request is served meanwhile.
   *
   * @returns How many rows.
   */
  importRows(datasourceId: number, props: readonly FieldProps[], rows: Iterable<ImportedRow>): number {
    return this.database.transaction(() => {
      const now = this.clock.tick();
      const fields = new Map(props.map((one) => [one.name, this.fields.upsert(datasourceId, one)]));
      let written = 0;
      for (const { path, values } of rows) {
        const changes = [...values].map(([name, own]): Change => {
          const field = fields.get(name);
          if (!field) throw new Error(`the field ${name} was not made`);
          return { field, values: [...new Set(own.map((one) => this.keepBlob(one)))], zone: null };
        });
        this.write(datasourceId, path, changes, now);
        written += 1;
      }
      return written;
    });
  }

  updateFields(datasourceId: number, props: readonly FieldProps[]): Field[] {
    return this.database.transaction(() => props.map((one) => this.fields.upsert(datasourceId, one)));
  }

  /** @returns The paths of the datapoints found. */
  delete(datasourceId: number, deletions: readonly MetadataDeletion[]): string[] {
    const table = datapointTable(datasourceId);
    return this.database.transaction(() => {
      this.clock.tick();
      const known = this.fields.list(datasourceId);
      const paths = deletions.flatMap(({ datapointId, key, fields }) => {
        const columns = [...(fields ?? []), ...(key != null ? [key] : [])].flatMap((name) => {
          const field = known.get(name);
          return field ? columnsOf(field) : [];
        });
        if (columns.length > 0)
          this.database.run(
            `UPDATE ${table} SET ${columns.map((column) => `${column} = NULL`).join(', ')} WHERE id = ?`,
            datapointId,
          );
        return this.database
          .rows(`SELECT path FROM ${table} WHERE id = ?`, datapointId)
          .map((row) => String(row[0]));
      });
      return [...new Set(paths)];
    });
  }

  /** Takes datapoints out of the queries of today; an update of their path makes new ones. @returns The paths of those found. */
  deleteDatapoints(datasourceId: number, ids: readonly string[]): string[] {
    const table = datapointTable(datasourceId);
    return this.database.transaction(() => {
      const now = this.clock.tick();
      const columns = [...this.fields.list(datasourceId).values()].flatMap(columnsOf);
      return ids.flatMap((id) => {
        const [row] = this.database.rows(`SELECT id, path, created_at FROM ${table} WHERE id = ?`, id);
        if (!row) return [];
        const [own = null, path = null, createdAt = null] = row;
        if (columns.length > 0)
          this.database.run(
            `UPDATE ${table} SET ${columns.map((column) => `${column} = NULL`).join(', ')} WHERE id = ?`,
            own,
          );
        this.database.run(
          `INSERT INTO ${goneTable(datasourceId)} (id, path, created_at, deleted_at) VALUES (?, ?, ?, ?)`,
          ...[own, path, createdAt, now],
        );
        this.database.run(`DELETE FROM ${table} WHERE id = ?`, own);
        return [String(path)];
      });
    });
  }

  /** Makes datapoints of paths; those that exist stay as they are, and those deleted stay deleted. */
  addPaths(datasourceId: number, paths: readonly string[]): void {
    const sql = `INSERT INTO ${datapointTable(datasourceId)} (path, created_at) SELECT ?, ?
      WHERE NOT EXISTS (SELECT 1 FROM ${goneTable(datasourceId)} WHERE path = ?) ON CONFLICT (path) DO NOTHING`;
    this.database.transaction(() => {
      const now = this.clock.tick();
      for (const path of paths) this.database.run(sql, path, now, path);
    });
  }

  private keepBlob(value: string | number | Blob): string | number {
    if (typeof value !== 'object') return value;
    this.blobs.put(value);
    return value.hash;
  }

  private ensureFields(datasourceId: number, entries: readonly MetadataInput[]): Map<string, Field> {
    const fields = this.fields.list(datasourceId);
    for (const { key, valueType, allowMultiple } of entries) {
      const known = fields.get(key);
      if (known) requireType(known, valueType);
      if (!known || (allowMultiple === true && !known.multiple))
        fields.set(
          key,
          this.fields.upsert(datasourceId, { name: key, valueType, multiple: allowMultiple ?? false }),
        );
    }
    return fields;
  }

  private write(datasourceId: number, path: string, changes: readonly Change[], now: number): void {
    const table = datapointTable(datasourceId);
    const columns = changes.flatMap(({ field }) => columnsOf(field));
    const values = changes.flatMap(({ field, values, zone }): SqlValue[] => {
      if (field.multiple) return [JSON.stringify(values)];
      const value = values[0] ?? null;
      return field.valueType === 'DATETIME' ? [value, zone] : [value];
    });
    const merged = changes.some(({ field }) => field.multiple)
      ? this.mergeLists(table, path, changes, columns, values)
      : values;
    this.database.run(
      `INSERT INTO ${table} (path, created_at, ${columns.join(', ')}) VALUES (?, ?${', ?'.repeat(columns.length)})
       ON CONFLICT (path) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
       WHERE ${columns.map((column) => `${column} IS NOT excluded.${column}`).join(' OR ')}`,
      path,
      now,
      ...merged,
    );
  }

  private mergeLists(
    table: string,
    path: string,
    changes: readonly Change[],
    columns: readonly string[],
    values: readonly SqlValue[],
  ): SqlValue[] {
    const [stored] = this.database.rows(`SELECT ${columns.join(', ')} FROM ${table} WHERE path = ?`, path);
    const multiple = new Set(
      changes.filter(({ field }) => field.multiple).map(({ field }) => fieldColumn(field.id)),
    );
    return values.map((value, index) => {
      const before = stored?.[index];
      if (!multiple.has(columns[index] ?? '') || typeof before !== 'string') return value;
      const list = [...(JSON.parse(before) as unknown[]), ...(JSON.parse(String(value)) as unknown[])];
      return JSON.stringify([...new Set(list)]);
    });
  }
}

/** Unzips before the transaction, a few at a time, so that other requests come in between. */
async function readBlobs(entries: readonly MetadataInput[]): Promise<Map<number, Blob>> {
  const blobs = new Map<number, Blob>();
  const waiting = entries
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => entry.valueType === 'BLOB');
  const inFlight = 32;
  for (let start = 0; start < waiting.length; start += inFlight)
    await Promise.all(
      waiting.slice(start, start + inFlight).map(async ({ entry, index }) => {
        blobs.set(index, await readBlob(entry.value, describe(entry)));
      }),
    ).then(() => setImmediate());
  return blobs;
}

function collect(
  rows: Map<string, Map<string, Change>>,
  entry: MetadataInput,
  field: Field,
  value: string | number,
): void {
  requirePlainPath(entry.url);
  if (entry.valueType === 'STRING' && entry.value.length > maxStringLength)
    throw new EngineError(`${describe(entry)}: a STRING has at most ${maxStringLength} characters.`);
  const changes = rows.get(entry.url) ?? new Map<string, Change>();
  rows.set(entry.url, changes);
  const earlier = changes.get(entry.key);
  const values = field.multiple && earlier ? [...new Set([...earlier.values, value])] : [value];
  changes.set(entry.key, { field, values, zone: entry.timeZone ?? null });
}

function columnsOf(field: Field): string[] {
  const column = fieldColumn(field.id);
  return field.valueType === 'DATETIME' && !field.multiple ? [column, zoneColumn(field.id)] : [column];
}

function describe(entry: MetadataInput): string {
  return `${entry.key} of ${entry.url}`;
}
