import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { PixelStore } from '../../../models/images/pixel-store.ts';
import { SegmentWriter } from '../../../models/images/segment-writer.ts';
import { SharedBuffers } from '../../../models/images/shared-buffers.ts';
import { until } from '../../support/until.ts';

const shape = { width: 4, height: 2, channels: 3, resize: 'letterbox', padValue: 114 } as const;
const image = {
  pixels: Uint8Array.from({ length: 24 }, (_, index) => index),
  widthPx: 80,
  heightPx: 40,
  thumbnail: Uint8Array.from({ length: 256 }, (_, index) => 255 - index),
};
const buffers = new SharedBuffers();
let dir: string;
let store: PixelStore;
let writer: SegmentWriter;
const writers: SegmentWriter[] = [];
const processes: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'labelloop-pixels-'));
  store = openStore();
  writer = openWriter();
});
afterEach(async () => {
  for (const one of writers.splice(0)) one.close();
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

test('what was stored is read, by name and by shape', () => {
  keep('s3://a/1.jpg', '"5-1f"');
  expect(read('s3://a/1.jpg')).toEqual({ ...image, version: '"5-1f"' });
  expect(read('s3://a/2.jpg')).toBeNull();
  expect(store.read('s3://a/1.jpg', { ...shape, padValue: 0 }, buffers)).toBeNull();
  expect(store.read('s3://a/1.jpg', { ...shape, interpolation: 'bilinear' }, buffers)).toBeNull();
});

test('what is written after the store has looked is found within a while', async () => {
  store = openStore({ lookEveryMs: 200 });
  expect(read('1.jpg')).toBeNull();
  keep('1.jpg');
  expect(read('1.jpg')).toBeNull();
  await until(() => read('1.jpg'), 'the next look');
});

test('the newest version of an image counts, whoever wrote it', async () => {
  const other = openWriter();
  keep('1.jpg', 'old', other);
  keep('2.jpg', 'old');
  await sleep(2);
  keep('1.jpg', 'new');
  keep('2.jpg', 'new', other);
  keep('3.jpg', 'old');
  keep('3.jpg', 'new');
  for (const name of ['1.jpg', '2.jpg', '3.jpg']) expect(read(name)).toMatchObject({ version: 'new' });
});

test('a segment that is full is followed by a new one; what lies in all of them is found', async () => {
  for (let number = 0; number < 40; number++) keep(String(number), `version ${number}`);
  // An image takes 24 + 292 + 10 bytes, and lies at a multiple of 64: a segment of 1,920 bytes, the sixty-fourth of the limit, has five.
  const small = openWriter({ ...store.folder, segmentBytes: 1920 });
  for (let number = 40; number < 90; number++) keep(String(number), `version ${number}`, small);
  expect(await namesOf('pixels')).toHaveLength(11);
  expect(new PixelStore({ dir, maxBytes: 1920 * 64 }).folder.segmentBytes).toBe(1920);
  for (let number = 0; number < 90; number++)
    expect(read(String(number))).toEqual({ ...image, version: `version ${number}` });
});

describe('counts as absent:', () => {
  test('an image of which the end is missing; those before it are found', async () => {
    keep('1.jpg');
    keep('2.jpg');
    const [pixels] = await namesOf('pixels');
    // The second begins at 320: 24 bytes of pixels, and a tail of 292 and one of version.
    await truncate(pixels!, 320 + 24 + 292);
    expect(read('1.jpg')).not.toBeNull();
    expect(read('2.jpg')).toBeNull();
    await truncate(pixels!, 320 + 20);
    expect(read('2.jpg')).toBeNull();
    await truncate(pixels!, 0);
    expect(read('1.jpg')).toBeNull();
  });

  test('an image without an entry, or with half of one; it is found once the entry is whole', async () => {
    keep('1.jpg');
    keep('2.jpg');
    const [index] = await namesOf('index');
    await truncate(index!, 32 + 20);
    expect(read('1.jpg')).not.toBeNull();
    expect(read('2.jpg')).toBeNull();
    keep('3.jpg');
    expect(read('3.jpg')).not.toBeNull();
    expect(read('2.jpg')).toBeNull();
  });

  test('pixels that are another image’s, whatever the index says', async () => {
    keep('1.jpg');
    keep('2.jpg');
    const [index] = await namesOf('index');
    const entries = await readFile(index!);
    entries.copyWithin(24, 32 + 24, 32 + 28);
    await writeFile(index!, entries);
    expect(read('1.jpg')).toBeNull();
    expect(read('2.jpg')).not.toBeNull();
  });

  test('an image of which the disk has lost a page, which is read as zeros', async () => {
    const large = { ...shape, width: 64, height: 64, channels: 3 } as const;
    const pixels = Uint8Array.from({ length: 3 * 64 * 64 }, (_, at) => (at * 7) % 251);
    writer.append(store.keyToWrite('large', large), { ...image, pixels, version: 'v' });
    expect(store.read('large', large, buffers)).toMatchObject({ pixels });
    const [file] = await namesOf('pixels');
    const bytes = await readFile(file!);
    await writeFile(file!, bytes.fill(0, 4096, 8192));
    expect(store.read('large', large, buffers)).toBeNull();
  });

  test('files that are empty, foreign or of an older layout, and an index without pixels', async () => {
    const id = '11111111-2222-3333-4444-55555555555';
    await writeFile(join(dir, `${id}0.index`), '');
    await writeFile(join(dir, `${id}1.index`), 'x'.repeat(1000));
    await writeFile(join(dir, `${id}2.pixels`), 'x'.repeat(1000));
    await mkdir(join(dir, `${id}3.index`));
    await writeFile(join(dir, 'notes.txt'), 'x');
    keep('1.jpg');
    keep('2.jpg', 'v', openWriter());
    const [pixels] = (await namesOf('pixels')).filter((name) => !name.includes(id));
    await rm(pixels!);
    expect([read('1.jpg'), read('2.jpg')].filter((found) => found !== null)).toHaveLength(1);
    expect(read('3.jpg')).toBeNull();
  });
});

test('a folder that cannot be written costs nothing but the entry', async () => {
  const file = join(dir, 'file');
  await writeFile(file, '');
  const blocked = new PixelStore({ dir: file, maxBytes: 1e6 });
  keep('1.jpg', 'v', openWriter(blocked.folder));
  expect(blocked.read('1.jpg', shape, buffers)).toBeNull();
  keep('2.jpg', 'v'.repeat(1000));
  keep('3.jpg');
  expect(read('2.jpg')).toBeNull();
  expect(read('3.jpg')).not.toBeNull();
});

test('a segment that another worker drops is still read where it is open, and else absent; writing goes on in a new one', async () => {
  keep('1.jpg');
  const late = openStore({ lookEveryMs: 1e6 });
  late.read('other', shape, buffers);
  const reading = openStore({ lookEveryMs: 1e6 });
  expect(reading.read('1.jpg', shape, buffers)).not.toBeNull();
  await rm(dir, { recursive: true });
  expect(reading.read('1.jpg', shape, buffers)).toMatchObject(image);
  expect(late.read('1.jpg', shape, buffers)).toBeNull();
  expect(read('1.jpg')).toBeNull();
  keep('2.jpg');
  expect(read('2.jpg')).toMatchObject(image);
  expect(read('1.jpg')).toBeNull();
});

test('beyond its limit the oldest segments go, and so do the files of earlier versions; foreign ones stay', async () => {
  for (let number = 0; number < 10; number++) {
    keep(String(number), 'v', openWriter());
    await sleep(10);
  }
  await mkdir(join(dir, 'a7'));
  await writeFile(join(dir, 'a7', 'f'.repeat(62)), 'old');
  await writeFile(join(dir, 'notes.txt'), 'foreign');
  // A segment takes 24 + 292 + 1 bytes, and 32 of index.
  const small = openStore({ maxBytes: 3 * 349 + 10 });
  small.keyToWrite('next', shape);
  await until(async () => (await namesOf('index')).length === 3, 'the oldest to go');
  expect((await readdir(dir)).length).toBe(7);
  expect(await stat(join(dir, 'notes.txt'))).toBeDefined();
  for (let number = 0; number < 10; number++)
    expect(small.read(String(number), shape, buffers) !== null).toBe(number >= 7);
});

describe('of a process that', () => {
  test('is killed, what it has written is found', async () => {
    const last = await writeElsewhere(100, []);
    expect(last).toBeGreaterThanOrEqual(100);
    for (let number = 0; number <= last; number++) expect(number).toBe(numberRead(number));
    // Of what it was at, all or nothing.
    expect([last + 1, null]).toContain(numberRead(last + 1));
  }, 60_000);

  const ulimit = process.platform === 'win32' ? test.skip : test;
  ulimit(
    'finds the disk full, all that fits is found',
    async () => {
      const last = await writeElsewhere(40, ['sh', '-c', 'ulimit -f 400; exec "$@"', 'sh']);
      for (let number = 0; number <= last && number < 60; number++)
        expect([number, numberRead(number)]).toEqual([number, number % 10 === 9 ? null : number]);
    },
    60_000,
  );
});

function openStore(options: { maxBytes?: number; lookEveryMs?: number } = {}): PixelStore {
  return new PixelStore({ dir, maxBytes: 1e6, lookEveryMs: 0, ...options });
}

function openWriter(folder = store.folder): SegmentWriter {
  const opened = new SegmentWriter(folder);
  writers.push(opened);
  return opened;
}

function keep(name: string, version = 'v', by = writer): void {
  by.append(store.keyToWrite(name, shape), { ...image, version });
}

function read(name: string) {
  return store.read(name, shape, buffers);
}

async function namesOf(kind: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith(`.${kind}`)).map((name) => join(dir, name));
}

/** Has another process write at least so many images, and answers the number of the last that it told of before it was killed. */
async function writeElsewhere(least: number, command: readonly string[]): Promise<number> {
  const script = join(import.meta.dirname, 'endless-writer.ts');
  const [program, ...args] = [...command, process.execPath, '--import', 'tsx', script, dir];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(child);
  let last = -1;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    if (last === least) child.kill('SIGKILL');
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, 'exit');
  return last;
}

/** Which image of another process lies under its number. */
function numberRead(number: number): number | null {
  const size = number % 10 === 9 ? { width: 1000, height: 400 } : { width: 50, height: 20 };
  const found = store.read(String(number), { ...size, channels: 3, resize: 'stretch', padValue: 0 }, buffers);
  if (!found) return null;
  const [value] = found.pixels;
  expect(found.pixels.every((one) => one === value)).toBe(true);
  buffers.giveBack(found.pixels);
  return value === number % 251 ? number : -1;
}
