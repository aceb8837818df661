import { mkdtemp, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddingStore } from '../../../../models/trainers/ort-head/embedding-store.ts';

const image = (name: string) => new TextEncoder().encode(name);
const key = 'a'.repeat(64);
const file = `embeddings-${key}.bin`;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'labelloop-embeddings-'));
});

async function fill(names: readonly string[]): Promise<void> {
  const store = await EmbeddingStore.open(dir, key, 2);
  for (const [place, name] of names.entries()) await store.add(image(name), Float32Array.of(place, 0.5));
  await store.close();
}

test('what one training has embedded the next one finds, by the content of the image', async () => {
  await fill(['cat', 'dog']);
  const next = await EmbeddingStore.open(dir, key, 2);
  expect(Array.from(next.get(image('dog'))!)).toEqual([1, 0.5]);
  expect(next.get(image('cow'))).toBeNull();
});

test('only what the last training used stays, of one backbone', async () => {
  await fill(['cat', 'dog']);
  await writeFile(join(dir, 'embeddings-of-another.bin'), 'x');
  await writeFile(join(dir, 'somebody-elses'), 'x');
  const next = await EmbeddingStore.open(dir, key, 2);
  next.get(image('dog'));
  await next.add(image('cow'), Float32Array.of(7, 8));
  await next.close();
  // Two records of a SHA-256 and two numbers.
  expect((await readFile(join(dir, file))).length).toBe(2 * (32 + 8));
  expect((await readdir(dir)).sort()).toEqual([file, 'somebody-elses']);
});

test('it saves as it goes, so that a training that is killed loses half at most', async () => {
  const store = await EmbeddingStore.open(dir, key, 2);
  for (let place = 0; place < 200; place++) await store.add(image(String(place)), Float32Array.of(place, 0));
  // At 64 and at 128 images.
  expect((await readFile(join(dir, file))).length).toBe(128 * (32 + 8));
});

test('a file that is cut, or that cannot be written, costs nothing but time', async () => {
  await fill(['cat', 'dog']);
  await truncate(join(dir, file), 50);
  const cut = await EmbeddingStore.open(dir, key, 2);
  expect(cut.get(image('cat'))).toBeNull();
  const nowhere = await EmbeddingStore.open(join(dir, file), key, 2);
  await nowhere.add(image('cat'), Float32Array.of(1, 2));
  await nowhere.close();
});
