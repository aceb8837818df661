import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createProgram } from '../../bin/create-program.ts';
import { runSimulation } from '../../bin/simulate/run-simulation.ts';
import { writeNpy } from '../../core/formats/npy.ts';
import type { SeededCurve } from '../../core/simulation/learning-curves.ts';
import { simulateArm } from '../../core/simulation/simulate-arm.ts';
import { labelloop } from '../support/command-line.ts';
import { labelledBlobs } from '../support/labelled-blobs.ts';

const set = labelledBlobs(90);
const lines = set.ids.map((id, row) => `${id},${set.classes[set.labels[row] ?? 0] ?? ''}`);
let folder: string;
let printed: string[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-simulate-'));
  await write('labels.csv', lines);
  const images = set.ids.map((id, row) => ({ id: row, file_name: id, width: 10, height: 10 }));
  const categories = set.classes.map((name, id) => ({ id, name }));
  const box = (image_id: number, category_id: number) => ({ image_id, category_id, bbox: [0, 0, 5, 5] });
  const annotations = images
    .flatMap(({ id }) => [box(id, id % 3), ...(id % 6 === 1 ? [box(id, 2), box(id, 2)] : [])])
    .map((one, id) => ({ id, ...one }));
  await writeFile(at('coco.json'), JSON.stringify({ images, categories, annotations }));
  await writeFile(
    at('emb.npy'),
    writeNpy({ shape: [90, 2], data: Float64Array.from(set.embeddings.values) }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
});

function at(name: string): string {
  return path.join(folder, name);
}

async function write(name: string, rows: readonly string[]): Promise<void> {
  await writeFile(at(name), `${rows.join('\n')}\n`);
}

async function run(...flags: string[]): Promise<void> {
  const argv = ['simulate', ...flags.map((flag) => (/^[\w-]+\.[a-z]+$/.test(flag) ? at(flag) : flag))];
  await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
}

test('tells what labels would have bought, and writes the curves', async () => {
  const plan = ['--strategies', 'margin,random', '--first', '5', '--batch', '5', '--seeds', '2'];
  const questions = ['--labels', '12', '--target', '0.5', '--threads', '1', '--out', at('out')];
  const files = [at('labels.csv'), '--embeddings', at('emb.npy')];
  const { code, stdout: said, stderr } = await labelloop(['simulate', ...files, ...plan, ...questions]);
  expect([code, stderr]).toEqual([0, '']);
  expect(said).toMatch(
    /12 labels would have bought accuracy 0\.\d+ \(.*\) by margin, [+−]0\.\d+ \(.*\) over random\./,
  );
  expect(said).toMatch(/random reaches accuracy 0\.5 with \d+ labels\./);
  expect(await readFile(at('out/report.txt'), 'utf8')).toBe(said);
  expect(await readFile(at('out/curves.svg'), 'utf8')).toContain('<svg');
  // 2 arms, 2 seeds, at 5, 10 and 15 labels.
  expect((await readFile(at('out/curves.csv'), 'utf8')).trim().split('\n')).toHaveLength(1 + 12);
}, 90_000);

test('learns which classes the images of a COCO file show', async () => {
  const arms = ['--strategies', 'multi-label-mean,two-stage,default,random', '--metric', 'macroF1'];
  const plan = ['--first', '10', '--batch', '10', '--cycles', '2', '--seeds', '3', '--threads', '1'];
  await run('coco.json', '--embeddings', 'emb.npy', ...arms, ...plan, '--json');
  const { metric, curves } = JSON.parse(printed.join('')) as { metric: string; curves: SeededCurve[] };
  expect(metric).toBe('macroF1');
  expect(curves).toHaveLength(12);
  for (const { points } of curves) {
    expect(points.map(({ labels }) => labels)).toEqual([10, 20, 30]);
    // Three blobs that lie apart, and half of the images of the second show the third class too.
    expect(points[2]!.macroAP).toBeGreaterThan(0.7);
    expect(points[2]).not.toHaveProperty('accuracy');
  }
});

test('tells how well losses were predicted, and of no arm that predicts none', async () => {
  const plan = ['--strategies', 'predicted-loss,entropy', '--first', '12', '--cycles', '0', '--seeds', '2'];
  await run('labels.csv', '--embeddings', 'emb.npy', ...plan, '--threads', '1');
  const said = printed.join('\n');
  expect(said).toMatch(/^predicted-loss: rank correlation with the true losses/m);
  expect(said).toMatch(/^ +12 +−?0\.\d{3} +−?0\.\d{3} +[+−]0\.\d{3} \(/m);
  expect(said).not.toMatch(/^entropy: rank/m);
});

test('answers in JSON what the core simulates', async () => {
  const plan = ['--strategies', 'two-stage', '--first', '5', '--batch', '5', '--cycles', '2', '--seeds', '1'];
  await run('labels.csv', '--embeddings', 'emb.npy', ...plan, '--threads', '1', '--json');
  const { curves } = JSON.parse(printed[0]!) as { curves: SeededCurve[] };
  const core = { first: 5, batch: 5, cycles: 2, holdOut: 0.3, strength: 1 };
  expect(curves).toEqual([
    {
      arm: 'two-stage',
      seed: 1,
      points: simulateArm(set, { name: 'two-stage', strategy: 'two-stage', score: 'margin' }, core, 1),
    },
  ]);
});

test.each([
  [
    'an image twice',
    [...lines, 'image-3.png,square'],
    'labels.csv:91: "image-3.png" is "square" here and "circle" in',
  ],
  ['a line without a class', ['image-0.png'], '1: "image-0.png" is not "path,label".'],
  ['fewer rows than embeddings', lines.slice(1), 'emb.npy has 90 rows;'],
  ['one class', ['image-0.png,cross'], 'has the one class "cross"; there is nothing to learn.'],
])('refuses %s by its place', async (_, rows, sentence) => {
  await write('bad-labels.csv', rows);
  await expect(run('bad-labels.csv', '--embeddings', 'emb.npy')).rejects.toThrow(sentence);
});

test('refuses an embedding that is no number, or points nowhere, by its row', async () => {
  const values = Float64Array.from(set.embeddings.values);
  values[2 * 17 + 1] = NaN;
  await writeFile(at('nan.npy'), writeNpy({ shape: [90, 2], data: values }));
  await expect(run('labels.csv', '--embeddings', 'nan.npy')).rejects.toThrow(
    'nan.npy: row 17 ("image-17.png") holds NaN.',
  );
  values.fill(0, 2 * 17, 2 * 18);
  await writeFile(at('zero.npy'), writeNpy({ shape: [90, 2], data: values }));
  await expect(run('labels.csv', '--embeddings', 'zero.npy')).rejects.toThrow(
    'row 17 ("image-17.png") is all zeros',
  );
});

test.each([
  [
    'an image that is not there',
    ['labels.csv', '--images', 'nowhere'],
    'labels.csv:1: "image-0.png" is not in nowhere.',
  ],
  [
    'an accuracy of images with any number of classes',
    ['coco.json', '--embeddings', 'emb.npy', '--metric', 'accuracy'],
    '--metric accuracy is of other labels; here it is macroAP or macroF1.',
  ],
  [
    'a score of one class an image',
    ['coco.json', '--embeddings', 'emb.npy', '--strategies', 'margin'],
    '"margin" is no way to ask: name a score (multi-label-mean, multi-label-max)',
  ],
  [
    'thinned classes of a COCO file',
    ['coco.json', '--embeddings', 'emb.npy', '--keep', 'cross=0.1'],
    '--keep is of labels with one class an image.',
  ],
  ['neither images nor embeddings', ['labels.csv'], 'Give either --images'],
  [
    'an unknown strategy',
    ['labels.csv', '--embeddings', 'emb.npy', '--strategies', 'luck'],
    '"luck" is no way to ask',
  ],
  [
    'more labels than images',
    ['labels.csv', '--embeddings', 'emb.npy', '--labels', '70'],
    '--labels 70 are more than the 63 images that could be asked.',
  ],
])('refuses %s', async (_, args, sentence) => {
  await expect(run(...args)).rejects.toThrow(sentence);
});

test('ends at once when it is stopped, without a thread left', async () => {
  const stop = new AbortController();
  const plan = { first: 5, batch: 1, cycles: 50, holdOut: 0.3 };
  const tasks = Array.from({ length: 50 }, (_, seed) => ({
    arm: { name: 'margin', score: 'margin' } as const,
    seed,
  }));
  const running = runSimulation(set, plan, tasks, {
    threads: 1,
    signal: stop.signal,
    onDone: () => stop.abort(),
  });
  await expect(running).rejects.toThrow('aborted');
});
