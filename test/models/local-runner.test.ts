import { rm } from 'node:fs/promises';
import { LocalModelRunner } from '../../models/local-runner.ts';
import { InferencePool } from '../../models/runner/inference-pool.ts';
import { glyph, glyphClasses, side } from './glyphs.ts';
import { modelFolder, untrained } from './model-folder.ts';

jest.setTimeout(120_000);

const shape = {
  input: { width: side, height: side, channels: 1 },
  width: 4,
  classes: 3,
  normalisation: { mean: [60], std: [70] },
};
let folders: string[];
let runner: LocalModelRunner;
let opened: string[];
let closed: number;

beforeAll(async () => {
  const model = untrained(shape);
  folders = await Promise.all([1, 2, 3].map(async () => (await modelFolder(model, glyphClasses, {})).dir));
});
afterAll(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true }))));
beforeEach(() => {
  runner = new LocalModelRunner({ threads: 1 });
  [opened, closed] = [[], 0];
  const open = InferencePool.open.bind(InferencePool);
  jest.spyOn(InferencePool, 'open').mockImplementation((input) => {
    opened.push(input.modelDir);
    return open(input);
  });
  const close = InferencePool.prototype.close;
  jest.spyOn(InferencePool.prototype, 'close').mockImplementation(function (this: InferencePool) {
    closed += 1;
    return close.call(this);
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await runner.close();
});

async function images(count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      id: String(index),
      bytes: await glyph('ring', index),
    })),
  );
}

test('a folder is opened once, however many ask for it at once', async () => {
  const [first] = folders;
  const models = await Promise.all([runner.load(first!), runner.load(first!), runner.load(first!)]);
  expect(models.map(({ classes }) => classes)).toEqual([glyphClasses, glyphClasses, glyphClasses]);
  expect(opened).toEqual([first]);
});

test('the last one stays open, and the one before is closed first', async () => {
  const [first, second] = folders;
  await runner.load(first!);
  await runner.load(first!);
  expect([opened, closed]).toEqual([[first], 0]);
  await runner.load(second!);
  expect([opened, closed]).toEqual([[first, second], 1]);
});

test('a model that is at work is not closed to make room', async () => {
  const [first, second] = folders;
  const model = await runner.load(first!);
  const answers = model.classify(await images(200));
  await runner.load(second!);
  await expect(answers).resolves.toHaveLength(200);
});

test('a model that was closed to make room is opened again when it is asked', async () => {
  const [first, second] = folders;
  const model = await runner.load(first!);
  await runner.load(second!);
  await expect(model.classify(await images(3))).resolves.toHaveLength(3);
  expect(opened).toEqual([first, second, first]);
});

test('a broken folder is refused, and asked anew next time', async () => {
  await expect(runner.load('no-such-folder')).rejects.toThrow('no-such-folder');
  await expect(runner.load('no-such-folder')).rejects.toThrow('no-such-folder');
  expect(opened).toEqual(['no-such-folder', 'no-such-folder']);
});

test('a closed runner closes all and takes nothing', async () => {
  const [first, second] = folders;
  const model = await runner.load(first!);
  await runner.load(second!);
  expect(closed).toBe(1);
  await runner.close();
  expect(closed).toBe(2);
  await expect(model.classify(await images(1))).rejects.toThrow('The model runner is closed.');
});
