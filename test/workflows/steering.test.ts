import { ApplicationFailure } from '@temporalio/common';
import {
  changeBudgetUpdate,
  changeSelectionUpdate,
  closeReviewUpdate,
  excludeDatapointUpdate,
  loopStatusQuery,
  withdrawTaskUpdate,
} from '../../workflows/messages.ts';
import { command, inputOf, runHistories, startLoop, untilPhase } from '../support/loop-runs.ts';
import { anHour, loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { rejection } from '../support/rejection.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

let temporal: TestTemporal;
let stubs: LoopStubs;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());
beforeEach(() => {
  stubs = new LoopStubs();
  stubs.answersAtOnce = false;
});

/** It trains first. */
const trained = { cycle: 1 };

test('an image is excluded while people label: the answer comes at once, and the review goes on', async () => {
  let letGo = (): void => undefined;
  const answered = new Promise<void>((resolve) => (letGo = resolve));
  const { withdrawTasks } = stubs.activities;
  stubs = new LoopStubs({ withdrawTasks: (input) => answered.then(() => withdrawTasks(input)) });
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    const input = { ...command('x1'), paths: ['a.png', 'b.png'] };
    const status = await handle.executeUpdate(excludeDatapointUpdate, { args: [input] });
    letGo();
    expect(status).toMatchObject({
      phase: 'wait for annotations',
      wishes: ['exclude 2 images, by ada'],
    });
    await until(async () => (await handle.query(loopStatusQuery)).steered, 'what became of it');
    expect(stubs.inputs('withdrawTasks')).toEqual([
      {
        loop: 'glyphs',
        datasourceId: '7',
        cycle: 0,
        reviews: [1, 2, 3].map((projectId) => ({ projectId, cycle: 0 })),
        paths: ['a.png', 'b.png'],
        why: 'ada: a test',
        exclude: true,
      },
    ]);
    const after = await handle.query(loopStatusQuery);
    expect(after).toMatchObject({ phase: 'wait for annotations', steered: 'exclude by ada: 2 withdrawn.' });
    expect(after).not.toHaveProperty('wishes');
    await handle.executeUpdate(excludeDatapointUpdate, { args: [input] });
    expect(stubs.inputs('withdrawTasks')).toHaveLength(1);
    await handle.terminate();
  });
});

test('an image that is excluded while a model is trained is out before the next step', async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const { trainModel } = stubs.activities;
  stubs = new LoopStubs({ trainModel: (input) => held.then(() => trainModel(input)) });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), trained);
    await until(() => stubs.inputs('trainModel').length === 1, 'the training');
    await handle.executeUpdate(excludeDatapointUpdate, { args: [{ ...command(), paths: ['a.png'] }] });
    expect(stubs.inputs('withdrawTasks')).toEqual([]);
    letGo();
    await until(() => stubs.inputs('evaluateModel').length === 1, 'the next step');
    expect(stubs.calls.map(({ activity }) => activity).slice(2, 5)).toEqual([
      'trainModel',
      'withdrawTasks',
      'evaluateModel',
    ]);
    await handle.terminate();
  });
});

test('a paused loop carries out what is wanted of images, and stays paused', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { paused: true });
    await untilPhase(handle, 'paused');
    await handle.executeUpdate(excludeDatapointUpdate, { args: [{ ...command(), paths: ['a.png'] }] });
    await until(() => stubs.inputs('withdrawTasks').length === 1, 'the exclusion');
    expect(await handle.query(loopStatusQuery)).toMatchObject({ phase: 'paused', paused: true });
    await handle.terminate();
  });
});

test('a wish outlives the worker that took it, and the run that waits', async () => {
  const taskQueue = temporal.uniqueQueue();
  let isDown = true;
  const { withdrawTasks } = stubs.activities;
  stubs = new LoopStubs({
    withdrawTasks: async (input) => {
      if (isDown) throw new Error('Label Studio is down');
      return withdrawTasks(input);
    },
  });
  stubs.answersAtOnce = false;
  const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }), {
    steering: [{ command: 'withdraw', paths: ['a.png'], by: 'ada', why: 'a test' }],
    waitingSinceMs: Date.now(),
    datasource: { id: '7', rootUrl: 's3://bucket/images' },
  });
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, () =>
    until(() => stubs.inputs('withdrawTasks').length > 0, 'the first try'),
  );
  isDown = false;
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    await until(async () => (await handle.query(loopStatusQuery)).steered, 'what became of it', 25_000);
    const [first, ...others] = stubs.inputs('withdrawTasks');
    expect(others.at(-1)).toEqual(first);
    await handle.terminate();
  });
});

test.each([
  ['no path', { paths: [] }, 'Give 1 to 100 paths of images; for more, repeat the command.'],
  ['too many', { paths: Array.from({ length: 101 }, String) }, 'Give 1 to 100 paths of images'],
  ['an empty path', { paths: [''] }, '"" is no path of an image.'],
])('%s is refused before it enters history', async (_, wrong, sentence) => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    const input = { ...command(), ...wrong };
    expect(await rejection(handle.executeUpdate(withdrawTaskUpdate, { args: [input] }))).toContain(sentence);
    expect(await rejection(handle.executeUpdate(excludeDatapointUpdate, { args: [input] }))).toContain(
      sentence,
    );
    await handle.terminate();
  });
});

test('without an open review there is nothing to withdraw', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { paused: true });
    await untilPhase(handle, 'paused');
    const input = { ...command(), paths: ['a.png'] };
    expect(await rejection(handle.executeUpdate(withdrawTaskUpdate, { args: [input] }))).toBe(
      'No review is open; the loop is at "paused".',
    );
    await handle.terminate();
  });
});

test('a bigger batch adds tasks to the open review, and a budget that forbids them takes some away', async () => {
  stubs = new LoopStubs({
    resizeBatch: async ({ maxImages }) => ({
      selected: maxImages,
      withdrawn: maxImages > 2 ? 0 : 1,
      runId: maxImages > 2 ? 'run-0' : null,
    }),
  });
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: anHour, selection: { maxImages: 2 } });
    const handle = await startLoop(temporal.client, taskQueue, spec, trained);
    await untilPhase(handle, 'wait for annotations');
    await handle.executeUpdate(changeSelectionUpdate, { args: [{ ...command(), maxImages: 9 }] });
    await until(() => stubs.inputs('openReview').length === 2, 'the new tasks');
    const grown = {
      loop: 'glyphs',
      datasourceId: '7',
      projectId: 1,
      cycle: 1,
      cycleRunId: 'run-1',
      maxImages: 9,
    };
    expect(stubs.inputs('resizeBatch')).toEqual([{ ...grown, why: 'a smaller batch, ada: a test' }]);
    expect(stubs.inputs('openReview')[1]).toMatchObject({ part: 'batch', runId: 'run-0', cycle: 1 });

    // Two training labels there are: one more may be bought.
    await handle.executeUpdate(changeBudgetUpdate, { args: [{ ...command(), labels: 3 }] });
    await until(() => stubs.inputs('resizeBatch').length === 2, 'the smaller batch');
    expect(stubs.inputs('resizeBatch')[1]).toMatchObject({ maxImages: 1 });
    const status = await until(async () => {
      const answer = await handle.query(loopStatusQuery);
      return answer.steered?.includes('withdrawn') && answer;
    }, 'what became of it');
    expect(status.steered).toBe(
      'The batch was given another size by ada: it asks 1 images; 1 tasks were withdrawn.',
    );
    expect(status.latest).toMatchObject({ cycle: 1, selected: 1 });
    expect(stubs.inputs('openReview')).toHaveLength(2);
    await handle.terminate();
  });
});

test('before there is a batch another size is for the next one only', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations', { cycle: 0 });
    await handle.executeUpdate(changeSelectionUpdate, { args: [{ ...command(), maxImages: 9 }] });
    await handle.executeUpdate(closeReviewUpdate, { args: [command()] });
    await until(() => stubs.inputs('selectBatch').length === 1, 'the batch of cycle 1');
    expect(stubs.inputs('selectBatch')[0]).toMatchObject({ rule: { maxImages: 9 } });
    expect(stubs.inputs('resizeBatch')).toEqual([]);
    await handle.terminate();
  });
});

test('a review that closes gives its rest back, but for hold-out and validation, and asks skipped images again', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const review = { ...anHour, rest: 'withdraw', skipped: 'ask-again' } as const;
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review }));
    await untilPhase(handle, 'wait for annotations', { cycle: 0 });
    await handle.executeUpdate(closeReviewUpdate, { args: [command()] });
    await until(() => stubs.inputs('openReview').length === 4, 'the review of cycle 1');
    expect(stubs.inputs('collectAnnotations')[0]).toMatchObject({
      reviews: [
        { projectId: 1, cycle: 0 },
        { projectId: 2, cycle: 0 },
        { projectId: 3, cycle: 0, withdraw: 'the review was closed' },
      ],
      askAgain: true,
    });
    expect(stubs.inputs('collectAnnotations')[0]?.reviews[0]).not.toHaveProperty('withdraw');
    expect(stubs.inputs('selectBatch')[0]).toMatchObject({ askAgain: true });
    expect(stubs.inputs('openReview')[3]).toMatchObject({
      purposes: ['score', 'empty', 'random', 'again'],
    });
    await handle.terminate();
  });
});

test('without these policies they cost no byte', async () => {
  const taskQueue = temporal.uniqueQueue();
  stubs.answersAtOnce = true;
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { cycles: 1 } }));
    await handle.result();
    const [, second] = (await runHistories(temporal.client, handle)).map(inputOf);
    for (const key of ['steering', 'resize', 'steered']) expect(second).not.toHaveProperty(key);
    for (const key of ['rest', 'skipped', 'doneTasks']) expect(second?.spec.review).not.toHaveProperty(key);
    expect(stubs.inputs('selectBatch')[0]).not.toHaveProperty('askAgain');
    expect(stubs.inputs('readReview')[0]).toEqual({ projectIds: [1, 2, 3] });
  });
});

test('so many answers are enough, whatever the share', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: { ...anHour, pollSeconds: 1, doneTasks: 3 } });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    await untilPhase(handle, 'wait for annotations');
    stubs.answer('glyphs cycle 0 hold-out');
    const status = await until(async () => {
      const answer = await handle.query(loopStatusQuery);
      return answer.settled?.settled === 2 && answer;
    }, 'two answers');
    expect(status.settled).toEqual({ settled: 2, needed: 3 });
    stubs.answer('glyphs cycle 0 first', 1);
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    await handle.terminate();
  });
});

test('while nobody answers people are reminded again and again; an answer begins the quiet anew', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const review = { pollSeconds: 1, minReadSeconds: 0, remindAfterHours: 1 / 3600 };
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review }));
    await until(() => stubs.inputs('remindAnnotators').length === 2, 'the second reminder');
    const [first, second] = stubs.inputs('remindAnnotators');
    expect(first).toMatchObject({ loop: 'glyphs', cycle: 0, open: 6 });
    expect(first?.reviews.map(({ title }) => title)).toContain('glyphs cycle 0 hold-out');
    expect(second).toEqual({ ...first, id: first!.id.replace(/1$/, '2') });
    stubs.answer('glyphs cycle 0 hold-out');
    const third = await until(
      () => stubs.inputs('remindAnnotators').find(({ open }) => open === 4),
      'the reminder after the answers',
    );
    expect(third.id).toMatch(/\/1$/);
    expect(Date.parse(third.quietSince)).toBeGreaterThan(Date.parse(first!.quietSince));
    await handle.terminate();
  });
});

test('a reminder that nobody takes holds up nothing', async () => {
  stubs = new LoopStubs({
    remindAnnotators: () => Promise.reject(ApplicationFailure.nonRetryable('404')),
  });
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const review = { pollSeconds: 1, minReadSeconds: 0, remindAfterHours: 1 / 3600 };
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review }));
    await until(() => stubs.inputs('remindAnnotators').length > 0, 'a reminder');
    stubs.answersAtOnce = true;
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    await handle.terminate();
  });
});
