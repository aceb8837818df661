import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedBlob } from '../../activities/blob-cache.ts';
import { trimFolder } from '../../activities/trim-folder.ts';
import { FakeDataEngine } from '../support/fake-data-engine.ts';

let workDir: string;
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'labelloop-blobs-'));
});
afterEach(() => rm(workDir, { recursive: true, force: true }));

const { signal } = new AbortController();

function engineOf(bytes: Uint8Array) {
  const engine = new FakeDataEngine({ roots: {} });
  const fetched: string[] = [];
  engine.fetchBlob = (hash) => {
    fetched.push(hash);
    return Promise.resolve(bytes);
  };
  return { engine, fetched };
}

test('a blob is fetched once, and again when the disk is lost', async () => {
  const { engine, fetched } = engineOf(Buffer.from('answer'));
  for (let time = 0; time < 3; time++)
    expect(Buffer.from(await cachedBlob({ engine, workDir }, 'abc', signal)).toString()).toBe('answer');
  expect(fetched).toEqual(['abc']);
  await rm(workDir, { recursive: true });
  await cachedBlob({ engine, workDir }, 'abc', signal);
  expect(fetched).toEqual(['abc', 'abc']);
});

test('more blobs than there is room for do not stay, and all are answered', async () => {
  const { engine } = engineOf(Buffer.alloc(1024 * 1024, 'x'));
  for (let one = 0; one < 100; one++) {
    const hash = `aa${createHash('sha1').update(`${one}`).digest('hex')}`;
    expect((await cachedBlob({ engine, workDir }, hash, signal)).byteLength).toBe(1024 * 1024);
  }
  // Four, and those that came since the folder was last looked after.
  expect((await readdir(join(workDir, 'blobs/aa'))).length).toBeLessThan(60);
});

test('the oldest files go, and no more than need to', async () => {
  for (const [name, minute] of [
    ['oldest', 1],
    ['newest', 4],
    ['older', 2],
    ['newer', 3],
  ] as const) {
    await writeFile(join(workDir, name), Buffer.alloc(100_000, 'x'));
    await utimes(join(workDir, name), 60 * minute, 60 * minute);
  }
  await trimFolder(workDir, 1_000_000);
  expect(await readdir(workDir)).toHaveLength(4);
  await trimFolder(workDir, 250_000);
  expect((await readdir(workDir)).sort()).toEqual(['newer', 'newest']);
});
