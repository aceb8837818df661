import type { Database } from './database.ts';

/**
 * The steps from an empty file to today's tables; `PRAGMA user_version` counts those taken. Steps are only ever added.
 *
 * Every datasource has a table of its own, `datapoint_<id>`, with a column a field (see `datapoint-table.ts`): a filter is
 * then a plain condition over one row, and a page is one walk over one table.
 */
const steps: readonly string[] = [
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
];

/** Brings the tables up to date. @throws Error when a newer version wrote the file. */
export function migrate(database: Database): void {
  database.transaction(() => {
    const version = Number(database.rows('PRAGMA user_version')[0]?.[0]);
    if (version > steps.length)
      throw new Error(
        `The engine's database has version ${version}; this program knows versions up to ${steps.length}: use a newer one.`,
      );
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${steps.length}`);
  });
}
