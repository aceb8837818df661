import { z } from 'zod';
import type { Database } from './database.ts';
import { datapointTable } from './datapoint-table.ts';
import { FieldStore } from './field-store.ts';
import { createPast, keepPastOf } from './past.ts';

/**
 * The steps from an empty file to today's tables; `PRAGMA user_version` counts those taken. Steps are only ever added.
 *
 * Every datasource has a table of its own, `datapoint_<id>`, with a column a field (see `datapoint-table.ts`): a filter is
 * then a plain condition over one row, and a page is one walk over one table.
 */
const steps: readonly (string | ((database: Database) => void))[] = [
  `CREATE TABLE datasource (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT NOT NULL UNIQUE,
     root_url TEXT NOT NULL,
     type TEXT NOT NULL,
     status TEXT NOT NULL,
     status_reason TEXT
   ) STRICT;
   CREATE TABLE field (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     datasource_id INTEGER NOT NULL,
     name TEXT NOT NULL,
     value_type TEXT NOT NULL,
     multiple INTEGER NOT NULL,
     tags TEXT NOT NULL,
     UNIQUE (datasource_id, name)
   ) STRICT;
   CREATE TABLE blob (
     id INTEGER PRIMARY KEY,
     hash TEXT NOT NULL UNIQUE,
     gzipped BLOB NOT NULL
   ) STRICT;`,
  keepHistory,
  `CREATE TABLE annotation_request (
     key TEXT PRIMARY KEY,
     request TEXT NOT NULL,
     project_id INTEGER
   ) STRICT, WITHOUT ROWID;`,
];

/** Datapoints that are older than their history count as there since ever, with the values of today. */
function keepHistory(database: Database): void {
  database.exec(
    `CREATE TABLE clock (now INTEGER NOT NULL) STRICT;
     INSERT INTO clock (now) VALUES (0);
     CREATE TABLE dataset (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       name TEXT NOT NULL UNIQUE,
       datasource_id INTEGER NOT NULL,
       query TEXT NOT NULL,
       created_at INTEGER NOT NULL
     ) STRICT;`,
  );
  const fields = new FieldStore(database);
  for (const row of database.rows('SELECT id FROM datasource')) {
    const [id] = z.tuple([z.number()]).parse(row);
    database.exec(`ALTER TABLE ${datapointTable(id)} ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0`);
    createPast(database, id);
    for (const field of fields.list(id).values()) keepPastOf(database, id, field);
  }
}

/** Brings the tables up to date. @throws Error when a newer version wrote the file. */
export function migrate(database: Database): void {
  database.transaction(() => {
    const version = Number(database.rows('PRAGMA user_version')[0]?.[0]);
    if (version > steps.length)
      throw new Error(
        `The engine's database has version ${version}; this program knows versions up to ${steps.length}: use a newer one.`,
      );
    for (const step of steps.slice(version)) {
      if (typeof step === 'string') database.exec(step);
      else step(database);
    }
    database.exec(`PRAGMA user_version = ${steps.length}`);
  });
}
