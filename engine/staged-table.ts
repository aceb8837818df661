import { randomBytes, createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Blob } from './blob-store.ts';
import { openDatabase, type Database } from './database.ts';
import type { Cell } from './metadata-table.ts';

const zip = promisify(gzip);
const rowsARead = 1000;

/** A cell as it is kept on disk; BLOBs beside it, zipped. */
export type StagedValue = string | { readonly blob: string };
export type StagedCell = StagedValue | readonly StagedValue[] | null;

/**
 * Rows of a file on their way into a transaction, on disk. They come in as the file is read, other requests in between, and go out at
 * one stroke, a few at a time in memory.
 */
export class StagedTable {
  private readonly database: Database;
  private readonly file: string;
  private constructor(database: Database, file: string) {
    this.database = database;
    this.file = file;
  }

  /** @param folder - Exists. */
  static open(folder: string): StagedTable {
    const file = path.join(folder, `${randomBytes(8).toString('hex')}.sqlite`);
    const database = openDatabase(file);
    database.exec(
      `CREATE TABLE row (number INTEGER PRIMARY KEY, cells TEXT NOT NULL) STRICT;
       CREATE TABLE blob (hash TEXT PRIMARY KEY, gzipped BLOB NOT NULL) STRICT;`,
    );
    return new StagedTable(database, file);
  }

  async add(rows: readonly (readonly Cell[])[]): Promise<void> {
    const blobs: Blob[] = [];
    const kept: string[] = [];
    for (const row of rows) {
      const cells = await Promise.all(row.map((cell) => stage(cell, blobs)));
      kept.push(JSON.stringify(cells));
    }
    this.database.transaction(() => {
      for (const { hash, gzipped } of blobs)
        this.database.run('INSERT INTO blob VALUES (?, ?) ON CONFLICT DO NOTHING', hash, gzipped);
      for (const cells of kept) this.database.run('INSERT INTO row (cells) VALUES (?)', cells);
    });
  }

  /** Counted from 1, in the file's order. */
  *rows(): Generator<{ number: number; cells: StagedCell[] }> {
    let last = 0;
    for (;;) {
      const rows = this.database.rows(
        'SELECT number, cells FROM row WHERE number > ? ORDER BY number LIMIT ?',
        last,
        rowsARead,
      );
      for (const [number, cells] of rows) {
        last = Number(number);
        yield { number: last, cells: JSON.parse(String(cells)) as StagedCell[] };
      }
      if (rows.length < rowsARead) return;
    }
  }

  blob(hash: string): Blob {
    const gzipped = this.database.rows('SELECT gzipped FROM blob WHERE hash = ?', hash)[0]?.[0];
    if (!(gzipped instanceof Uint8Array)) throw new Error(`the blob ${hash} was not staged`);
    return { hash, gzipped };
  }

  async drop(): Promise<void> {
    this.database.close();
    await Promise.all(['', '-wal', '-shm'].map((ending) => rm(this.file + ending, { force: true })));
  }
}

async function stage(cell: Cell, blobs: Blob[]): Promise<StagedCell> {
  const value = async (one: string | Uint8Array): Promise<StagedValue> => {
    if (typeof one === 'string') return one;
    const hash = createHash('sha256').update(one).digest('hex');
    blobs.push({ hash, gzipped: await zip(one) });
    return { blob: hash };
  };
  if (cell === null) return null;
  if (typeof cell === 'string' || cell instanceof Uint8Array) return value(cell);
  return Promise.all(cell.map(value));
}
