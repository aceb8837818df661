import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainedModel, TrainingExample, TrainingJob, TrainingProgress } from '../../core/ports.ts';
import type { ModelCard } from '../../models/card.ts';
import { LocalModelRunner } from '../../models/local-runner.ts';
import { LocalModelTrainer } from '../../models/local-trainer.ts';
import { glyph, glyphClasses, side } from './glyphs.ts';

jest.setTimeout(120_000);

let folder: string;
let job: TrainingJob;
let model: TrainedModel;
const progress: TrainingProgress[] = [];
let alive = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-trainer-'));
  await mkdir(join(folder, 'images'));
  const examples = await Promise.all(Array.from({ length: 90 }, (_, index) => example(index)));
  job = {
    jobDir: join(folder, 'job'),
    jobId: 'loop/1/train',
    cycle: 1,
    seed: 11,
    task: 'classification',
    classes: glyphClasses,
    input: { width: side, height: side, channels: 1 },
    train: examples.slice(0, 45),
    valid: examples.slice(45),
    maxSeconds: 60,
    params: { width: 4, steps: 60, batch: 16, lr: 0.01 },
    trainer: 'built-in',
  };
  model = await train(job);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function example(index: number): Promise<TrainingExample> {
  const label = glyphClasses[index % glyphClasses.length]!;
  const file = join(folder, 'images', `${index}.png`);
  await writeFile(file, await glyph(label, index));
  // Digits first, so that the order of the manifest is not that of the list.
  return { id: `${(index * 37) % 90}/glyph.png`, file, truth: { label } };
}

function train(input: TrainingJob, signal = new AbortController().signal): Promise<TrainedModel> {
  const on = { progress: (one: TrainingProgress) => void progress.push(one), alive: () => void (alive += 1) };
  return new LocalModelTrainer({ device: 'cpu' }).train(input, on, signal);
}

test('it leaves a model that learnt, with the digests of what it read', async () => {
  expect(model.metrics['valid_accuracy']).toBeGreaterThan(0.9);
  expect(model.sha256).toBe(digest(await readFile(join(model.modelDir, 'model.onnx'))));
  expect(model.trainSha256).toBe(digest(await readFile(join(job.jobDir, 'train.jsonl'))));
  expect(model.validSha256).toBe(digest(await readFile(join(job.jobDir, 'valid.jsonl'))));
});

test('it tells its steps and that it lives', () => {
  expect(progress.at(-1)).toMatchObject({ step: 60, totalSteps: 60 });
  expect(progress.some(({ metrics }) => Number.isFinite(metrics['train_loss']))).toBe(true);
  expect(alive).toBeGreaterThan(0);
});

test('the runner classifies with it', async () => {
  const runner = new LocalModelRunner({ threads: 1 });
  try {
    const loaded = await runner.load(model.modelDir);
    expect(loaded.classes).toEqual(glyphClasses);
    const items = await Promise.all(
      glyphClasses.map(async (label, index) => ({ id: label, bytes: await glyph(label, 500 + index) })),
    );
    const answers = await loaded.classify(items);
    const best = answers.map((answer) =>
      'unreadable' in answer
        ? ''
        : glyphClasses[answer.probabilities.indexOf(Math.max(...answer.probabilities))],
    );
    expect(best).toEqual(glyphClasses);
  } finally {
    await runner.close();
  }
});

test.each([
  ['answers something else here', { probs: [0, 0, 1] }, /does not repeat its self-test/],
  [
    'has a self-test of another image',
    { id: 'nobody' },
    /names line \d+ of valid\.jsonl, which is no such image/,
  ],
  ['has no self-test', undefined, /its card has no self-test/],
])('a model that %s is refused for good', async (_, change, message) => {
  const card = JSON.parse(await readFile(join(model.modelDir, 'model.json'), 'utf8')) as ModelCard;
  const { selftest, ...rest } = card;
  const other =
    change === undefined ? rest : { ...rest, selftest: { ...selftest!, tolerance: 0.001, ...change } };
  const copying = { ...job, jobDir: join(folder, `copy-${_.length}`), trainer: await copyingTrainer(other) };
  await expect(train(copying)).rejects.toThrow(message);
  await expect(train(copying)).rejects.toMatchObject(
    message.source.startsWith('does not')
      ? { name: 'DomainError' }
      : { name: 'TrainerError', retryable: false },
  );
});

test('an abort ends it with the reason', async () => {
  const reason = new Error('the loop was stopped');
  const endless = { ...job, jobDir: join(folder, 'endless'), params: { ...job.params, steps: 1_000_000 } };
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 3000);
  await expect(train(endless, abort.signal)).rejects.toBe(reason);
});

/** A trainer that hands out the model trained above, with another card. */
async function copyingTrainer(card: object): Promise<string[]> {
  const script = join(folder, 'copy.cjs');
  await writeFile(
    script,
    `const { copyFileSync, mkdirSync, writeFileSync } = require('node:fs');
     const out = require('node:path').join(require('node:path').dirname(process.argv[3]), 'out');
     mkdirSync(out, { recursive: true });
     copyFileSync(process.argv[2] + '/model.onnx', out + '/model.onnx');
     copyFileSync(process.argv[2] + '/other.json', out + '/model.json');
     const outputs = { model: 'out/model.onnx', card: 'out/model.json' };
     console.log(JSON.stringify({ event: 'done', outputs, metrics: {} }));`,
  );
  await writeFile(join(model.modelDir, 'other.json'), JSON.stringify(card));
  return [process.execPath, script, model.modelDir];
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
