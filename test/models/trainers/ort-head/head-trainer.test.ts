import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readModelFolder } from '../../../../models/card.ts';
import { CheckBench } from '../../../../models/trainers/check/check-bench.ts';
import { cancel } from '../../../../models/trainers/check/checks/cancel.ts';
import { learns } from '../../../../models/trainers/check/checks/learns.ts';
import { model } from '../../../../models/trainers/check/checks/model.ts';
import { resume } from '../../../../models/trainers/check/checks/resume.ts';
import { builtInTrainerCommand, runTrainer } from '../../../../models/trainers/run-trainer.ts';
import { glyphJob } from '../../glyphs.ts';

jest.setTimeout(120_000);

const command = builtInTrainerCommand('classification');
let backboneFile: string;
let dir: string;

/** A CNN that has learnt rings, crosses and bars; the heads learn discs, squares and triangles. */
beforeAll(async () => {
  const { dir: folder, jobFile } = await glyphJob();
  const signal = new AbortController().signal;
  const { modelFile } = await runTrainer({
    command,
    jobFile,
    signal,
    maxSeconds: 60,
    onEvent: () => undefined,
  });
  dir = folder;
  backboneFile = modelFile;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function open(change: { backboneFile?: string; params?: Record<string, number> } = {}) {
  return CheckBench.open(join(dir, `bench-${Math.random()}`), {
    task: 'classification',
    command,
    sizePx: 16,
    params: { checkpointEverySeconds: 0, lr: 0.01 },
    timeoutSeconds: 60,
    backboneFile,
    ...change,
  });
}

test('a head learns classes that its backbone has never seen, and resumes to the same bytes', async () => {
  const bench = await open();
  expect(await learns.run(bench)).toMatch(/of unseen images right/);
  expect(await model.run(bench)).toMatch(/self-test repeated within 0\.001/);
  await cancel.run(bench);
  expect(await resume.run(bench)).toMatch(/the model is byte for byte that of an uninterrupted training/);

  const { card } = await readModelFolder(dirname(bench.learnt.result.modelFile));
  const backbone = await readModelFolder(dirname(backboneFile));
  expect(card).toMatchObject({
    classes: ['disc', 'square', 'triangle'],
    // The backbone's, whatever the job says.
    input: backbone.card.input,
    output: { kind: 'class-probabilities', names: ['probabilities', 'embedding'], embedding: 'embedding' },
    trainer: { name: 'ort-head' },
  });
  expect([0.0001, 0.001, 0.01, 0.1, 1]).toContain(card.metrics['l2']);
  await bench.tidy();
});

test('embeddings are kept for the next job, and computed anew for another backbone', async () => {
  const bench = await open({ params: { steps: 1 } });
  const cacheDir = join(bench.dir, 'cache');
  const train = async (name: string, change: object = {}) => {
    const job = await bench.job(name, { cacheDir, ...change });
    const { card } = await bench.start(job).result();
    return card.sha256;
  };
  const first = await train('first');
  // Every embedding 0: whoever reads them learns nothing.
  const [name] = await readdir(cacheDir);
  const bytes = await readFile(join(cacheDir, name!));
  for (let at = 0; at < bytes.length; at += 32 + 4 * 64) bytes.fill(0, at + 32, at + 32 + 4 * 64);
  await writeFile(join(cacheDir, name!), bytes);
  expect(await train('second')).not.toBe(first);
  await writeFile(join(cacheDir, name!), '');
  expect(await train('third')).toBe(first);
  await bench.tidy();
});

test('what is wrong with a backbone ends the training for good, and is told', async () => {
  const bench = await open();
  const job = await bench.job('broken');
  await bench.rewrite(job, { backbone: { file: '../images/train-000.png', sha256: '0'.repeat(64) } });
  const end = await bench.start(job).ended;
  expect({ code: end.code, message: end.error?.message }).toMatchObject({
    code: 78,
    message: expect.stringMatching(/train-000\.png cannot be used: it is no ONNX file/) as unknown,
  });
  await expect(bench.job('none', { backboneFile: '/nowhere.onnx' })).rejects.toThrow(
    'The backbone /nowhere.onnx cannot be read (ENOENT).',
  );
  await bench.tidy();
});
