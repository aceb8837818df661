import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import { trainModelActivity, type TrainModelInput } from '../../activities/train-model.ts';
import type { FilterNode } from '../../core/datapoints.ts';
import { DomainError, ServiceUnavailableError, TrainerError } from '../../core/errors.ts';
import { AnnotatedWorld, classes, rootUrl, scheme } from '../support/annotated-world.ts';
import { FakeExperimentTracker } from '../support/fake-experiment-tracker.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity, startActivity } from '../support/run-activity.ts';
import { until } from '../support/until.ts';

const input: TrainModelInput = {
  workflowId: 'wf',
  loop: 'glyphs',
  cycle: 3,
  repo: 'team/pets',
  datasource: { id: '1', name: 'glyphs', rootUrl },
  scheme,
  seed: 5,
  training: { ...loopSpec().training, params: { epochs: 3 } },
  startTimeMs: 1_700_000_000_000,
};
let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(12);
  await world.set(0, 6, { split: 'train' });
  await world.set(6, 10, { split: 'valid' });
  await world.set(10, 12, { split: 'test' });
  await world.set(6, 8, { selectedAs: 'validation' });
  await world.annotate(0, 4);
  await world.annotate(6, 12);
});
afterEach(() => world.remove());

function train() {
  return runActivity(trainModelActivity(world).trainModel, input);
}

function run() {
  return world.tracker.allRuns()[0]!;
}

test('learns from the annotated train split, stops by the validation set, and leaves a whole run', async () => {
  const result = await train();
  const { runId } = run();
  expect(result).toEqual({
    runId,
    experimentId: '1',
    runUrl: `http://fake.invalid/#/experiments/1/runs/${runId}`,
    modelVersion: '1',
    trainLabels: 4,
    validLabels: 2,
  });
  const [job] = world.trainer.jobs;
  expect(job).toMatchObject({ jobId: 'wf/3/train', cycle: 3, seed: 5, classes, params: { epochs: 3 } });
  expect(job?.train.map(({ id, truth }) => [id, truth])).toEqual([
    ['00.png', { label: 'cat' }],
    ['01.png', { label: 'dog' }],
    ['02.png', { label: 'cat' }],
    ['03.png', { label: 'dog' }],
  ]);
  expect(job?.valid.map(({ id }) => id)).toEqual(['06.png', '07.png']);
  expect(run()).toMatchObject({
    key: 'wf/3/train',
    name: 'cycle 3',
    status: 'FINISHED',
    startTimeMs: input.startTimeMs,
    params: { cycle: '3', seed: '5', trainer: 'built-in', train_labels: '4', 'param.epochs': '3' },
    tags: { 'labelloop.loop': 'glyphs', 'labelloop.cycle': '3' },
    datasets: [
      { name: 'glyphs-train', source: rootUrl, context: 'training' },
      { name: 'glyphs-valid', source: rootUrl, context: 'validation' },
    ],
  });
  expect([...run().artifacts.keys()]).toEqual(['model/model.onnx', 'model/model.json', 'model/labels.json']);
  expect(run().metrics.filter(({ key }) => key === 'train_loss')).toEqual(
    [1, 2, 3, 4].map((step) => ({
      key: 'train_loss',
      value: 1 / step,
      step,
      timestampMs: input.startTimeMs + step,
    })),
  );
});

test('the job names the queries of its examples: asked as of then, they answer the same images', async () => {
  const before = Math.floor(Date.now() / 1000);
  await train();
  const { dataEngine, ...job } = world.trainer.jobs[0]!;
  expect(dataEngine).toMatchObject({ repo: 'team/pets', datasource: { id: '1', name: 'glyphs' } });
  expect(dataEngine!.asOf).toBeGreaterThanOrEqual(before);
  expect(dataEngine!.asOf).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  for (const set of ['train', 'valid'] as const)
    expect(await pathsOf(dataEngine!.where[set])).toEqual(job[set].map(({ id }) => id));
});

async function pathsOf(where: FilterNode): Promise<string[]> {
  const paths: string[] = [];
  for await (const { datapoints } of world.engine.queryDatapoints({ datasourceId: '1', where }))
    paths.push(...datapoints.map(({ path }) => path));
  return paths;
}

test('a run that is complete is answered without training again', async () => {
  const first = await train();
  expect(await train()).toEqual(first);
  expect(world.trainer.jobs).toHaveLength(1);
});

test('a server without registry gives no version', async () => {
  const tracker = new FakeExperimentTracker({ hasRegistry: false });
  const { trainModel } = trainModelActivity({ ...pick(world), tracker });
  expect((await runActivity(trainModel, input)).modelVersion).toBeNull();
});

test('a warm training starts from the model of the cycle before, and the first one from nothing', async () => {
  const training = { ...input.training, warmStart: true };
  const { trainModel } = trainModelActivity(world);
  await runActivity(trainModel, { ...input, training });
  const { runId } = run();
  await runActivity(trainModel, { ...input, cycle: 4, training });
  await runActivity(trainModel, { ...input, cycle: 5 });
  const [first, second, third] = world.trainer.jobs.map(({ initModelDir }) => initModelDir);
  expect([first, third]).toEqual([undefined, undefined]);
  expect(await readFile(join(second!, 'model.onnx'), 'utf8')).toMatch(/^model of .*, cycle 3$/);
  // Each run tells where its model comes from.
  expect(world.tracker.allRuns().map(({ params }) => [params['init_run'], params['init_model']])).toEqual([
    [undefined, undefined],
    [runId, 'glyphs/1'],
    [undefined, undefined],
  ]);
});

test('a head is learnt on the backbone, cold even if starts are warm, and its run names and hashes the backbone', async () => {
  const onnx = join(world.workDir, 'own.onnx');
  await writeFile(onnx, 'a network');
  const large = { width: 224, height: 224, channels: 3 } as const;
  const training = { ...input.training, input: large, warmStart: true, backbone: { onnx } };
  const { trainModel } = trainModelActivity(world);
  await runActivity(trainModel, { ...input, training });
  await runActivity(trainModel, { ...input, cycle: 4, training });
  const labelled = { ...training, backbone: { onnx, maxLabels: 3 } };
  await runActivity(trainModel, { ...input, cycle: 5, training: labelled });
  const cacheDir = join(world.workDir, 'caches', 'glyphs');
  expect(
    world.trainer.jobs.map((job) => [job.backboneFile, job.initModelDir === undefined, job.cacheDir]),
  ).toEqual([
    [onnx, true, cacheDir],
    [onnx, true, cacheDir],
    // Four labels are more than three.
    [undefined, false, cacheDir],
  ]);
  const { params } = world.tracker.allRuns()[1]!;
  // SHA-256 of "a network", by sha256sum.
  expect(params).toMatchObject({
    backbone: onnx,
    backbone_sha256: '2f782beca6c497e09ee1b67bd6a1202048f19e97f7e1364a58d415ce7b3ecd9e',
  });
  expect(params).not.toHaveProperty('init_run');
});

test.each([1, 2, 3, 4])(
  'a process that dies in step %d loses no metric and repeats no finished step',
  async (deadly) => {
    world.trainer.beforeStep = (step) => {
      if (step === deadly) throw new Error('killed');
    };
    await expect(train()).rejects.toMatchObject({ nonRetryable: false });
    world.trainer.beforeStep = () => undefined;
    await train();
    expect(world.trainer.steps).toEqual([1, 2, 3, 4]);
    expect(run().metrics).toHaveLength(8);
    expect(run().status).toBe('FINISHED');
  },
);

test('metrics that could not be sent when they came are sent by the next attempt', async () => {
  const log = world.tracker.logBatch.bind(world.tracker);
  world.tracker.logBatch = async () => {
    throw new ServiceUnavailableError('MLflow: 503');
  };
  await expect(train()).rejects.toMatchObject({ type: 'ServiceUnavailableError', nonRetryable: false });
  world.tracker.logBatch = log;
  await train();
  expect(world.trainer.steps).toEqual([1, 2, 3, 4]);
  expect(run().metrics).toHaveLength(8);
});

test('metrics that come while others are sent are sent too', async () => {
  const log = world.tracker.logBatch.bind(world.tracker);
  const sizes: number[] = [];
  world.tracker.logBatch = async (runId, batch, signal) => {
    const { length } = batch.metrics ?? [];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(batch.metrics ?? []).toHaveLength(length);
    sizes.push(length);
    await log(runId, batch, signal);
  };
  await train();
  expect(run().metrics).toHaveLength(8);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(8);
});

test('a trainer that ends badly is tried three times, whatever the services did in between', async () => {
  let tries = 0;
  world.trainer.beforeStep = () => {
    tries += 1;
    throw new TrainerError('The trainer was ended by SIGSEGV.', { retryable: true });
  };
  const attempt = () =>
    train().then(
      () => null,
      (error: unknown) => {
        const { nonRetryable, message } = error as ApplicationFailure;
        return { nonRetryable, message };
      },
    );
  expect(await attempt()).toEqual({ nonRetryable: false, message: 'The trainer was ended by SIGSEGV.' });
  for (let outage = 0; outage < 5; outage++) {
    world.tracker.failNext('ensureRun', new ServiceUnavailableError('MLflow: 503'));
    expect(await attempt()).toMatchObject({ nonRetryable: false });
  }
  expect(await attempt()).toMatchObject({ nonRetryable: false });
  expect(run().status).toBe('RUNNING');
  expect(await attempt()).toEqual({
    nonRetryable: true,
    message: 'The trainer was ended by SIGSEGV. That was attempt 3 of 3; no more are made.',
  });
  expect(tries).toBe(3);
  expect(run().status).toBe('FAILED');
  // The loop is started again by a person: all attempts again.
  expect(await attempt()).toMatchObject({ nonRetryable: false });
});

test('a final failure of the trainer ends the run as FAILED; a later start may have other labels', async () => {
  world.trainer.beforeStep = () => {
    throw new TrainerError('The trainer failed (exit code 78): unknown parameter "lr0".', {
      retryable: false,
    });
  };
  await expect(train()).rejects.toMatchObject({ type: 'TrainerError', nonRetryable: true });
  expect(run().status).toBe('FAILED');
  world.trainer.beforeStep = () => undefined;
  await world.annotate(4, 5);
  expect(await train()).toMatchObject({ trainLabels: 5 });
  expect(run()).toMatchObject({ status: 'FINISHED', params: { train_labels: '5' } });
  expect(world.tracker.allRuns()).toHaveLength(1);
});

test('a person who cancels ends the training and the run as KILLED', async () => {
  const training = startActivity(trainModelActivity(world).trainModel, input);
  world.trainer.beforeStep = async (step) => {
    if (step === 3) training.cancel();
  };
  await expect(training.result).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(run().status).toBe('KILLED');
  expect(run().endTimeMs).toBeGreaterThan(input.startTimeMs);
  expect(world.trainer.steps).toEqual([1, 2]);
});

test('a worker that shuts down leaves the run open for the next attempt', async () => {
  const training = startActivity(trainModelActivity(world).trainModel, input);
  world.trainer.beforeStep = async (step) => {
    if (step === 3) training.cancel('worker shutdown');
  };
  await expect(training.result).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(run().status).toBe('RUNNING');
  world.trainer.beforeStep = () => undefined;
  await train();
  expect(world.trainer.steps).toEqual([1, 2, 3, 4]);
});

test('heartbeats say how far the trainer is', async () => {
  const training = startActivity(trainModelActivity(world).trainModel, input);
  await training.result;
  for (let step = 1; step <= 4; step++) expect(training.heartbeats).toContainEqual({ step, totalSteps: 4 });
});

test.each([
  [
    'no train label',
    (w: AnnotatedWorld) => w.set(0, 6, { split: 'test' }),
    'No image of the train split is annotated; nothing to learn from.',
  ],
  [
    'no validation label',
    (w: AnnotatedWorld) => w.set(6, 8, { selectedAs: 'first' }),
    'No image of the validation set is annotated; training could not be stopped by it.',
  ],
])('%s is final, in one sentence', async (_, spoil, message) => {
  await spoil(world);
  await expect(train()).rejects.toMatchObject({ type: 'DomainError', nonRetryable: true, message });
  expect(run().status).toBe('FAILED');
});

test('a label that the loop does not know names image and class', async () => {
  await expect(
    runActivity(trainModelActivity(world).trainModel, {
      ...input,
      scheme: { ...scheme, classes: ['cat', 'cow'] },
    }),
  ).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringMatching(
      /^The annotation of "\d\d\.png" names the class "dog"; the loop knows "cat", "cow"\.$/,
    ) as unknown,
  });
});

test('an image that is gone is final and named', async () => {
  const fetch = world.engine.fetchImage.bind(world.engine);
  world.engine.fetchImage = (image, signal) =>
    image.path === '02.png'
      ? Promise.reject(new DomainError('There is no image 02.png.'))
      : fetch(image, signal);
  await expect(train()).rejects.toMatchObject({ nonRetryable: true, message: 'There is no image 02.png.' });
});

test('two attempts at once end as one run', async () => {
  const attempts = await Promise.allSettled([train(), train()]);
  expect(attempts.some(({ status }) => status === 'fulfilled')).toBe(true);
  await until(async () => (await train()).runId === run().runId, 'the run');
  expect(world.tracker.allRuns()).toHaveLength(1);
  expect(world.tracker.modelVersions('glyphs')).toHaveLength(1);
});

function pick({ engine, tracker, trainer, workDir }: AnnotatedWorld) {
  return { engine, tracker, trainer, workDir };
}
