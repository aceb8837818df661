import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

jest.setTimeout(120_000);

test('the committed module is what its source compiles to', async () => {
  const images = resolve('models/images');
  const build = join(images, 'assembly/build.js');
  const { stdout } = await promisify(execFile)(process.execPath, [build]);
  expect(stdout).toBe(await readFile(join(images, 'pixels-module.ts'), 'utf8'));
});
