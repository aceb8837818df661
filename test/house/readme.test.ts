import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../../bin/create-program.ts';

/** `services/` and `models/` hold folders first. */
const folderOfFolders = new Set(['mlflow', 'trainers']);
const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the table of folders names every folder of sources, and no other', () => {
  const named = [...readme.matchAll(/^\| `(\w+)\/` +\|/gm)].map(([, name]) => name);
  const folders = readdirSync(root, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() &&
        readdirSync(join(root, entry.name)).some(
          (name) => /\.(ts|py)$/.test(name) || folderOfFolders.has(name),
        ),
    )
    .map(({ name }) => name);
  expect(named.sort()).toEqual(folders.filter((name) => name !== 'test').sort());
});

test('every file that it links or names is there', () => {
  const links = [...readme.matchAll(/\]\(([\w./-]+\.\w+)\)/g)].map(([, file]) => file ?? '');
  const named = [...readme.matchAll(/`((?:core|client|docs|test|activities)\/[\w./-]+)`/g)].map(
    ([, file]) => file ?? '',
  );
  expect(links.length).toBeGreaterThan(2);
  for (const file of [...links, ...named]) expect([file, existsSync(join(root, file))]).toEqual([file, true]);
});

test('every command is named', async () => {
  const commands = (await createProgram([])).commands.map((command) => command.name());
  const table = readme.slice(readme.indexOf('| command'), readme.indexOf('Every command has'));
  for (const name of commands) expect(table).toContain(name);
});

test('every script that it names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '');
  expect(named.length).toBeGreaterThan(3);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
