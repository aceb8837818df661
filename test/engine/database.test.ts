import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../engine/database.ts';
import { StorageError } from '../../engine/storage-error.ts';
import { startEngine } from '../../engine/start-engine.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-database-'));
  file = join(folder, 'engine.sqlite');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('on a full disk a transaction is nothing, and what was there stays', () => {
  const database = openDatabase(file);
  database.exec('CREATE TABLE note (text TEXT)');
  database.run('INSERT INTO note VALUES (?)', 'kept');
  database.exec('PRAGMA max_page_count = 4');
  const write = () =>
    database.transaction(() => {
      for (let row = 0; row < 100; row++) database.run('INSERT INTO note VALUES (?)', 'x'.repeat(1000));
    });
  expect(write).toThrow(StorageError);
  expect(write).toThrow(`${file} cannot grow: the disk is full.`);
  expect(database.rows('SELECT text FROM note')).toEqual([['kept']]);
  database.exec('PRAGMA max_page_count = 1000');
  write();
  expect(database.rows('SELECT count(*) FROM note')).toEqual([[101]]);
  database.close();
});

test('a file that is no database is refused, named and left as it is', async () => {
  await writeFile(file, 'this is a letter to my aunt\n'.repeat(500));
  expect(() => openDatabase(file)).toThrow(`${file} is no SQLite database; move it away`);
  expect(await readFile(file, 'utf8')).toMatch(/^this is a letter/);
});

test('rows of a file whose middle is damaged are refused, and it is named', async () => {
  const database = openDatabase(file);
  database.exec('CREATE TABLE note (text TEXT)');
  database.transaction(() => {
    for (let row = 0; row < 1000; row++) database.run('INSERT INTO note VALUES (?)', 'x'.repeat(1000));
  });
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const damaged = await open(file, 'r+');
  await damaged.write(Buffer.alloc(40_960, 0x5a), 0, 40_960, 409_600);
  await damaged.close();
  const reopened = openDatabase(file);
  const read = () => reopened.rows('SELECT text FROM note');
  expect(read).toThrow(StorageError);
  expect(read).toThrow(`${file} is damaged; restore it from a copy.`);
  reopened.close();
});

test('an engine says that its file is damaged', async () => {
  const options = { dataDir: folder, repo: 'a/b', token: 'a-token', roots: [] };
  await (await startEngine(options)).close();
  // What the log holds would stand in for the damaged pages.
  await rm(`${file}-wal`, { force: true });
  const damaged = await open(file, 'r+');
  await damaged.write(Buffer.alloc(3000, 0x5a), 0, 3000, 100);
  await damaged.close();
  await expect(startEngine(options)).rejects.toThrow(
    /engine\.sqlite (is damaged|is no SQLite database|cannot be read)/,
  );
});
