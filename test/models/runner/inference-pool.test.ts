/** @jest-environment ./test/models/native-arrays-environment.ts */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { DomainError } from '../../../core/errors.ts';
import { decodeImage } from '../../../models/images/decode-image.ts';
import { pixelEmbedding } from '../../../models/images/pixel-embedding.ts';
import { PixelStore } from '../../../models/images/pixel-store.ts';
import { InferencePool } from '../../../models/runner/inference-pool.ts';
import { selfTest } from '../../../models/runner/self-test.ts';
import { GraphBuilder } from '../../../models/trainers/graph/graph-builder.ts';
import { glyph, glyphClasses, side } from '../glyphs.ts';
import { modelFolder, untrained } from '../model-folder.ts';

jest.setTimeout(120_000);

const shape = {
  input: { width: side, height: side, channels: 1 },
  width: 8,
  classes: 3,
  normalisation: { mean: [60], std: [70] },
};
const image = { width: side, height: side, channels: 1, resize: 'stretch', padValue: 0 } as const;
const network = untrained(shape);
const withEmbedding = { output: { names: ['probabilities', 'embedding'], embedding: 'embedding' } };
const folders: string[] = [];
const pools: InferencePool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

afterAll(async () => {
  await Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true })));
});

test('answers what the session itself answers, in the order of the items, with the embedding', async () => {
  const pool = await open(network, withEmbedding, 2);
  const items = await glyphs(53);
  const results = await pool.classify(items);
  const session = await InferenceSession.create(network);
  expect(results.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
  for (const [index, { bytes }] of items.entries()) {
    const pixels = await decodeImage(bytes, image);
    const direct = await session.run({ images: new Tensor('uint8', pixels, [1, side, side, 1]) });
    const result = results[index]!;
    if ('unreadable' in result) throw new Error(result.unreadable);
    expectClose(result.probabilities, direct['probabilities']!.data as Float32Array);
    expectClose(result.embedding!, direct['embedding']!.data as Float32Array);
  }
  // The network tells its images apart, so that a mixed-up order would be seen.
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(items.length);
});

test('where a vector is asked of a model without one it comes from the pixels, and from nothing else of a model that has one', async () => {
  const plain = await open(network);
  const own = await open(network, withEmbedding);
  const [asked, unasked] = await glyphs(2);
  const items = [{ ...asked!, embed: true }, unasked!];
  const [fromPixels, without] = await plain.classify(items);
  const pixels = await decodeImage(asked!.bytes, image);
  expect(fromPixels).toMatchObject({ embedding: pixelEmbedding(pixels, image) });
  expect(without).not.toHaveProperty('embedding');
  expect((await own.classify(items))[0]).toEqual((await own.classify([asked!]))[0]);
});

test('images that cannot be decoded are answers with a reason; the others are classified', async () => {
  const pool = await open(network);
  const [first, second] = await glyphs(2);
  const results = await pool.classify([
    first!,
    { id: 'text', bytes: Buffer.from('no image') },
    { id: 'empty', bytes: new Uint8Array() },
    { id: 'half', bytes: (await noisyJpeg()).subarray(0, 3000) },
    second!,
  ]);
  expect(results.map((result) => ('unreadable' in result ? 'unreadable' : 'probabilities'))).toEqual([
    'probabilities',
    'unreadable',
    'unreadable',
    'unreadable',
    'probabilities',
  ]);
  for (const result of results) if ('unreadable' in result) expect(result.unreadable).not.toBe('');
  expect(await pool.classify([])).toEqual([]);
});

test('logits become probabilities', async () => {
  // The probabilities of the network are numbers like any other; read as logits they give their softmax.
  const [plain, asLogits] = [await open(network), await open(network, { output: { kind: 'class-logits' } })];
  const items = await glyphs(1);
  const [one] = await plain.classify(items);
  const [two] = await asLogits.classify(items);
  if (!one || !two || 'unreadable' in one || 'unreadable' in two) throw new Error('unreadable');
  const powers = one.probabilities.map(Math.exp);
  const sum = powers.reduce((total, power) => total + power, 0);
  expectClose(
    two.probabilities,
    powers.map((power) => power / sum),
  );
});

test('a float32 NCHW model of a fixed batch gets its pixels normalised by the host', async () => {
  const graph = new GraphBuilder();
  const images = graph.input('images', 'float32', [3, 3, 2, 2]);
  // The mean of each channel, which shows what was fed.
  graph.output(
    graph.node('ReduceMean', [images], [3, 3], { attributes: { axes: [2, 3], keepdims: 0 } }),
    'probabilities',
  );
  const pool = await open(graph.build('means'), {
    input: {
      dtype: 'float32',
      layout: 'NCHW',
      width: 2,
      height: 2,
      channels: 3,
      color: 'RGB',
      normalisation: 'by-host',
      scale: 1 / 255,
      mean: [0.1, 0.2, 0.3],
      std: [1, 2, 4],
    },
  });
  const colours = ['#ff0000', '#00ff00', '#0000ff', '#336699'];
  const items = await Promise.all(
    colours.map(async (background) => ({
      id: background,
      bytes: await sharp({ create: { width: 4, height: 4, channels: 3, background } })
        .png()
        .toBuffer(),
    })),
  );
  const results = await pool.classify(items);
  const expected = [
    [0.9, -0.1, -0.075],
    [-0.1, 0.4, -0.075],
    [-0.1, -0.1, 0.175],
    [0.1, 0.1, 0.075],
  ];
  for (const [index, result] of results.entries()) {
    if ('unreadable' in result) throw new Error(result.unreadable);
    expectClose(result.probabilities, expected[index]!);
  }
});

test('a graph that keeps its dropout is run for each draw, and answers their mean', async () => {
  const graph = new GraphBuilder();
  const images = graph.input('images', 'float32', ['n', 3, 1, 1]);
  const means = graph.node('ReduceMean', [images], ['n', 3], { attributes: { axes: [2, 3], keepdims: 0 } });
  const chance = graph.node('RandomUniformLike', [means], ['n', 3]);
  graph.output(graph.node('Add', [means, chance], ['n', 3]), 'probabilities');
  const pool = await open(graph.build('by chance'), {
    input: { dtype: 'float32', layout: 'NCHW', width: 1, height: 1, channels: 3, color: 'RGB' },
    output: { draws: 5 },
  });
  const bytes = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#000000' } })
    .png()
    .toBuffer();
  const [answer] = await pool.classify([{ id: 'black', bytes }]);
  if (!answer || 'unreadable' in answer) throw new Error('unreadable');
  const { draws = [], probabilities } = answer;
  expect(new Set(draws.map(String)).size).toBe(5);
  for (const [index, probability] of probabilities.entries())
    expect(probability).toBeCloseTo(draws.reduce((sum, draw) => sum + draw[index]!, 0) / 5, 6);
});

test.each<[string, Parameters<typeof modelFolder>[2], RegExp]>([
  [
    'a kind that nobody reads',
    { output: { kind: 'heatmap' as never } },
    /at output\.kind: .*"class-probabilities"\|"class-logits"\|"yolo-detect"\|"yolo-seg"/,
  ],
  ['an input name that the graph has not', { input: { name: 'pixels' } }, /pixels|images/],
  ['an output name that the graph has not', { output: { names: ['scores'] } }, /scores/],
])('%s is a DomainError', async (_, change, message) => {
  const attempt = open(network, change).then(async (pool) => pool.classify(await glyphs(1)));
  const error: unknown = await attempt.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DomainError);
  expect((error as Error).message).toMatch(message);
});

test('a file that is no model is a DomainError, and so is a card of another model', async () => {
  await expect(open(Buffer.from('no model'))).rejects.toThrow(/cannot be loaded/);
  const { dir } = await modelFolder(network, glyphClasses, {});
  folders.push(dir);
  await writeFile(join(dir, 'model.onnx'), 'x', { flag: 'a' });
  await expect(InferencePool.open({ modelDir: dir })).rejects.toThrow(DomainError);
});

test('the main thread goes on while a heavy model runs', async () => {
  const heavy = { ...shape, input: { width: 96, height: 96, channels: 1 }, width: 64 };
  const bytes = untrained(heavy);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const pixels = new Uint8Array(8 * 96 * 96);
  const direct = await beatsDuring(() =>
    session.run({ images: new Tensor('uint8', pixels, [8, 96, 96, 1]) }),
  );
  const pool = await open(bytes, { input: { width: 96, height: 96 } });
  const items = await glyphs(16);
  const pooled = await beatsDuring(() => pool.classify(items));
  // The same work on this thread stops every timer for its whole length.
  expect(direct).toBeLessThan(2);
  expect(pooled).toBeGreaterThan(5);
});

test('closing in the middle of work refuses it, and ends between two batches without harm', async () => {
  const items = await glyphs(200);
  for (let round = 0; round < 5; round++) {
    const pool = await open(network, {}, 2);
    const work = pool.classify(items).catch((error: unknown) => error);
    await sleep(round * 3);
    await pool.close();
    await pool.close();
    expect(String(await work)).toMatch(/closed/);
    await expect(pool.classify(items)).rejects.toThrow('closed');
  }
});

test('an abort gives the caller back at once, and the pool works on', async () => {
  const pool = await open(network);
  const items = await glyphs(400);
  const abort = new AbortController();
  const work = pool.classify(items, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(work).rejects.toThrow('enough');
  await expect(pool.classify(items.slice(0, 3), { signal: abort.signal })).rejects.toThrow('enough');
  expect(await pool.classify(items.slice(0, 3))).toHaveLength(3);
});

test('several callers at once get their own answers', async () => {
  const pool = await open(network, {}, 2);
  const items = await glyphs(60);
  const alone = await pool.classify(items);
  const together = await Promise.all(
    [0, 20, 40].map((start) => pool.classify(items.slice(start, start + 20))),
  );
  expect(together.flat().map(({ id }) => id)).toEqual(alone.map(({ id }) => id));
});

test('pixels are kept under the name that an image came with, and give the same answer', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-pixels-'));
  folders.push(dir);
  const pool = await openKeeping(new PixelStore({ dir, maxBytes: 1e6, lookEveryMs: 0 }));
  const [one, other] = await glyphs(2);
  const [answer] = await pool.classify([{ ...one!, keepAs: { name: 'one', version: '"v1"' } }, other!]);
  const kept = pool.recall('one');
  expect(kept).toMatchObject({ version: '"v1"', pixels: await decodeImage(one!.bytes, image) });
  expect(pool.recall('other')).toBeNull();
  expect(await pool.classify([{ id: one!.id, ...kept! }])).toEqual([answer]);
});

test('pixels of each thread are found, also by a pool that is opened later, and after an abort', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-pixels-'));
  folders.push(dir);
  const store = new PixelStore({ dir, maxBytes: 1e7, lookEveryMs: 0 });
  const pool = await openKeeping(store, 2);
  const items = (await glyphs(60)).map((item) => ({ ...item, keepAs: { name: item.id, version: 'v' } }));
  const abort = new AbortController();
  const aborted = pool.classify(items, { signal: abort.signal }).catch(() => undefined);
  abort.abort(new Error('enough'));
  await aborted;
  const answers = await pool.classify(items);
  await pool.close();
  const written = (await readdir(dir)).filter((name) => name.endsWith('.index'));
  expect(written).toHaveLength(2);
  const later = await openKeeping(new PixelStore({ dir, maxBytes: 1e6 }));
  expect(await later.classify(items.map(({ id }) => ({ id, ...later.recall(id)! })))).toEqual(answers);
});

test('where pixels cannot be kept the answers are the same', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-pixels-'));
  folders.push(dir);
  await writeFile(join(dir, 'file'), '');
  const pool = await openKeeping(new PixelStore({ dir: join(dir, 'file'), maxBytes: 1e6, lookEveryMs: 0 }));
  const items = await glyphs(3);
  const kept = items.map((item) => ({ ...item, keepAs: { name: item.id, version: 'v' } }));
  expect(await pool.classify(kept)).toEqual(await pool.classify(items));
  expect(pool.recall('glyph-0')).toBeNull();
});

test('bytes that were handed over leave the caller; others stay', async () => {
  const pool = await open(network);
  const [one, other] = await glyphs(2);
  const given = { ...one!, bytes: Uint8Array.from(one!.bytes), handedOver: true };
  await pool.classify([given, other!]);
  expect(given.bytes).toHaveLength(0);
  expect(other!.bytes.length).toBeGreaterThan(0);
});

describe('the self-test', () => {
  test('passes for the right answer, and names class and numbers for a wrong one', async () => {
    const [item] = await glyphs(1);
    const [answer] = await (await open(network)).classify([item!]);
    if (!answer || 'unreadable' in answer) throw new Error('unreadable');
    const probs = answer.probabilities;
    const selftest = { manifest: 'valid' as const, index: 0, id: 'x', probs: [...probs], tolerance: 0.001 };
    await selfTest(await open(network, { selftest }), item!.bytes);
    const off = probs.map((prob, index) => (index === 1 ? prob + 0.002 : prob));
    const wrong = await open(network, { selftest: { ...selftest, probs: off } });
    await expect(selfTest(wrong, item!.bytes)).rejects.toThrow(
      new RegExp(`class cross the trainer found ${off[1]!.toFixed(6)}, this runner ${probs[1]!.toFixed(6)}`),
    );
  });

  test('fails when the host feeds other pixels than the trainer', async () => {
    const [item] = await glyphs(1);
    const [answer] = await (await open(network)).classify([item!]);
    if (!answer || 'unreadable' in answer) throw new Error('unreadable');
    const probs = [...answer.probabilities];
    const selftest = { manifest: 'valid' as const, index: 0, probs, tolerance: 0.001 };
    const negative = await sharp(item!.bytes).negate().png().toBuffer();
    await expect(selfTest(await open(network, { selftest }), negative)).rejects.toThrow(DomainError);
    await expect(selfTest(await open(network), item!.bytes)).rejects.toThrow('no self-test');
  });
});

async function open(
  model: Uint8Array,
  change: Parameters<typeof modelFolder>[2] = {},
  threads = 1,
): Promise<InferencePool> {
  const { dir } = await modelFolder(model, glyphClasses, change);
  folders.push(dir);
  const pool = await InferencePool.open({ modelDir: dir, threads });
  pools.push(pool);
  return pool;
}

async function openKeeping(store: PixelStore, threads = 1): Promise<InferencePool> {
  const { dir: modelDir } = await modelFolder(network, glyphClasses, {});
  folders.push(modelDir);
  const pool = await InferencePool.open({ modelDir, threads, store });
  pools.push(pool);
  return pool;
}

async function glyphs(count: number): Promise<{ id: string; bytes: Uint8Array }[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      id: `glyph-${index}`,
      bytes: await glyph(glyphClasses[index % 3]!, index),
    })),
  );
}

async function noisyJpeg(): Promise<Buffer> {
  const noise = Uint8Array.from({ length: 100 * 100 * 3 }, (_, index) => (index * 7919) % 251);
  return sharp(noise, { raw: { width: 100, height: 100, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** How often a 5 ms timer came round while work was done. */
async function beatsDuring(work: () => Promise<unknown>): Promise<number> {
  let beats = 0;
  const timer = setInterval(() => (beats += 1), 5);
  await work();
  clearInterval(timer);
  return beats;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual).toHaveLength(expected.length);
  for (let index = 0; index < expected.length; index++)
    expect(actual[index]).toBeCloseTo(expected[index]!, 5);
}
