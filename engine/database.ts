import { DatabaseSync } from '@photostructure/sqlite';
import { storageError } from './storage-error.ts';

/** What SQLite stores and answers; booleans are 0 and 1. */
export type SqlValue = string | number | Uint8Array | null;

/**
 * The one door to SQLite. Another driver replaces this file only.
 * Statements are prepared once a text; values go in as parameters. A full disk or a damaged file is a {@link StorageError}.
 */
export interface Database {
  /** Statements without parameters or answer. */
  exec(sql: string): void;
  /** @returns How many rows changed. */
  run(sql: string, ...values: SqlValue[]): number;
  /** Rows as arrays, in the order of the columns asked for. */
  rows(sql: string, ...values: SqlValue[]): SqlValue[][];
  /** One writing transaction: all of `work`, or nothing of it when it throws. */
  transaction<T>(work: () => T): T;
  close(): void;
}

const keptStatements = 500;

/** Opens or creates the file. What a transaction answered survives a killed process and a cut power line. */
export function openDatabase(file: string): Database {
  const sqlite = open(file);
  type Statement = ReturnType<typeof sqlite.prepare>;
  const statements = new Map<string, Statement>();

  function prepare(sql: string): Statement {
    const known = statements.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    statement.setReturnArrays(true);
    const oldest = statements.size >= keptStatements ? statements.keys().next().value : undefined;
    if (oldest !== undefined) statements.delete(oldest);
    statements.set(sql, statement);
    return statement;
  }

  function told<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, file);
    }
  }

  return {
    exec: (sql) => told(() => sqlite.exec(sql)),
    run: (sql, ...values) => told(() => prepare(sql).run(...values).changes),
    rows: (sql, ...values) => told(() => prepare(sql).all(...values) as SqlValue[][]),
    transaction: (work) =>
      told(() => {
        sqlite.exec('BEGIN IMMEDIATE');
        try {
          const result = work();
          sqlite.exec('COMMIT');
          return result;
        } catch (error) {
          if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
          throw error;
        }
      }),
    close() {
      statements.clear();
      emptyLog(sqlite);
      sqlite.close();
    },
  };
}

function open(file: string): InstanceType<typeof DatabaseSync> {
  let sqlite: InstanceType<typeof DatabaseSync> | undefined;
  try {
    sqlite = new DatabaseSync(file, { timeout: 10_000 });
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536');
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw storageError(error, file);
  }
}

/**
 * Statements that are not collected yet hold a closed connection open, and its end would write the log's pages at any later time, over whatever the
 * file has become. What cannot be written now stays in the log for the next opening.
 */
function emptyLog(sqlite: InstanceType<typeof DatabaseSync>): void {
  try {
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // A full disk or a damaged file: the log is kept.
  }
}
