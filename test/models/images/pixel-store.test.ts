import { mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PixelStore, storePixels } from '../../../models/images/pixel-store.ts';
import { SharedBuffers } from '../../../models/images/shared-buffers.ts';
import { until } from '../../support/until.ts';

const shape = { width: 4, height: 2, channels: 3, resize: 'letterbox', padValue: 114 } as const;
const image = { pixels: Uint8Array.from({ length: 24 }, (_, index) => index), widthPx: 80, heightPx: 40 };
const buffers = new SharedBuffers();
let dir: string;
let store: PixelStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'labelloop-pixels-'));
  store = new PixelStore({ dir, maxBytes: 1e6 });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('what was stored is read, by name and by shape', async () => {
  storePixels(store.place('s3://a/1.jpg', shape), { ...image, version: '"5-1f"' });
  expect(store.read('s3://a/1.jpg', shape, buffers)).toEqual({ ...image, version: '"5-1f"' });
  expect(store.read('s3://a/2.jpg', shape, buffers)).toBeNull();
  expect(store.read('s3://a/1.jpg', { ...shape, padValue: 0 }, buffers)).toBeNull();
  expect(store.read('s3://a/1.jpg', { ...shape, interpolation: 'bilinear' }, buffers)).toBeNull();
});

test('another worker on the same folder reads it, and the later of two writers counts', async () => {
  const other = new PixelStore({ dir, maxBytes: 1e6 });
  storePixels(store.place('1.jpg', shape), { ...image, version: 'old' });
  storePixels(other.place('1.jpg', shape), { ...image, version: 'new' });
  expect(store.read('1.jpg', shape, buffers)).toMatchObject({ version: 'new' });
});

test('a file that is not whole, or garbage, counts as absent', async () => {
  const file = store.place('1.jpg', shape);
  storePixels(file, { ...image, version: 'v' });
  await truncate(file, 30);
  expect(store.read('1.jpg', shape, buffers)).toBeNull();
  await writeFile(file, 'x'.repeat(100));
  expect(store.read('1.jpg', shape, buffers)).toBeNull();
});

test('a folder that cannot be written costs nothing but the file', async () => {
  await writeFile(join(dir, 'file'), '');
  const blocked = new PixelStore({ dir: join(dir, 'file'), maxBytes: 1e6 });
  storePixels(blocked.place('1.jpg', shape), { ...image, version: 'v' });
  expect(blocked.read('1.jpg', shape, buffers)).toBeNull();
});

test('beyond its limit the oldest go', async () => {
  for (let index = 0; index < 10; index++) {
    const file = store.place(String(index), shape);
    storePixels(file, { ...image, version: 'v' });
    await utimes(file, index, index);
  }
  // A file takes 16 + 1 + 24 bytes.
  const small = new PixelStore({ dir, maxBytes: 130 });
  small.place('next', shape);
  const names = async () =>
    (await readdir(dir, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  await until(async () => (await names()).length === 3, 'the oldest to go');
  expect(small.read('9', shape, buffers)).not.toBeNull();
  expect(small.read('6', shape, buffers)).toBeNull();
});
