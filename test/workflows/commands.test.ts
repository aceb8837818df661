import type { WorkflowHandle } from '@temporalio/client';
import {
  changeBudgetUpdate,
  changeSelectionUpdate,
  changeStopUpdate,
  closeReviewUpdate,
  loopStatusQuery,
  pauseUpdate,
  resumeUpdate,
  stopUpdate,
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

async function eventCount(handle: WorkflowHandle): Promise<number> {
  return (await handle.fetchHistory()).events?.length ?? 0;
}

test('closeReview ends the wait and answers with the status; a second one finds no wait', async () => {
  let letGo = (): void => undefined;
  const trained = new Promise<void>((resolve) => (letGo = resolve));
  const { trainModel } = stubs.activities;
  stubs = new LoopStubs({ trainModel: (input) => trained.then(() => trainModel(input)) });
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    const status = await handle.executeUpdate(closeReviewUpdate, { args: [command()] });
    expect(status).toMatchObject({ loop: 'glyphs', cycle: 0 });
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    expect(await rejection(handle.executeUpdate(closeReviewUpdate, { args: [command()] }))).toBe(
      'No review is waited for; the loop is at "train".',
    );
    letGo();
    await handle.terminate();
  });
});

test('pause holds the loop before its next step, resume lets it go on', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    expect(await handle.executeUpdate(pauseUpdate, { args: [command()] })).toMatchObject({ paused: true });
    await handle.executeUpdate(closeReviewUpdate, { args: [command()] });
    await untilPhase(handle, 'paused');
    expect(stubs.inputs('collectAnnotations')).toHaveLength(1);
    expect(stubs.inputs('trainModel')).toEqual([]);
    expect(await handle.executeUpdate(resumeUpdate, { args: [command()] })).toMatchObject({ paused: false });
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    await handle.terminate();
  });
});

test('stop while waiting collects what is answered, then ends as stopped', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    await handle.executeUpdate(stopUpdate, { args: [command()] });
    expect(await handle.result()).toEqual({ ended: 'stopped by ada: a test', history: [] });
    expect(stubs.inputs('collectAnnotations')).toHaveLength(1);
    expect(stubs.inputs('trainModel')).toEqual([]);
    expect(await handle.query(loopStatusQuery)).toMatchObject({
      phase: 'stopped',
      ended: 'stopped by ada: a test',
    });
  });
});

test('stop ends a paused loop too', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { paused: true });
    await untilPhase(handle, 'paused');
    expect(stubs.inputs('selectFirstBatch')).toEqual([]);
    await handle.executeUpdate(stopUpdate, { args: [command()] });
    expect((await handle.result()).ended).toBe('stopped by ada: a test');
  });
});

test('stop during a step lets the step finish and starts no other', async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const { trainModel } = stubs.activities;
  stubs = new LoopStubs({ trainModel: (input) => held.then(() => trainModel(input)) });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    await until(() => stubs.inputs('trainModel').length === 1, 'the training');
    await handle.executeUpdate(stopUpdate, { args: [command()] });
    letGo();
    expect((await handle.result()).ended).toBe('stopped by ada: a test');
    expect(stubs.inputs('evaluateModel')).toEqual([]);
  });
});

test('where ActiveLab decides, what it does not go by is refused', async () => {
  const taskQueue = temporal.uniqueQueue();
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ selection: { secondOpinions: true }, review: { ...anHour, projects: 'loop' } });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    for (const change of [
      { strategy: 'badge' as const },
      { beta: 2 },
      { nearDuplicates: 0.9 },
      { maxScore: 0.5 },
    ])
      expect(
        await rejection(handle.executeUpdate(changeSelectionUpdate, { args: [{ ...command(), ...change }] })),
      ).toBe(
        'The loop asks the highest by ActiveLab (selection.secondOpinions): give maxImages, randomShare or score.',
      );
    await handle.executeUpdate(changeSelectionUpdate, { args: [{ ...command(), randomShare: 0.5 }] });
    await handle.terminate();
  });
});

test('changeBudget and changeSelection are used from the next batch on, and are audited', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    await handle.executeUpdate(changeBudgetUpdate, { args: [{ ...command('b'), labels: 3, cycles: 4 }] });
    await handle.executeUpdate(changeSelectionUpdate, {
      args: [
        {
          ...command('s'),
          score: 'entropy',
          strategy: 'two-stage',
          beta: 5,
          nearDuplicates: 0.9,
          maxImages: 7,
          maxScore: 0.5,
          randomShare: 0.25,
        },
      ],
    });
    stubs.answersAtOnce = true;
    await handle.executeUpdate(closeReviewUpdate, { args: [command('c')] });
    expect((await handle.result()).ended).toBe('the budget of 3 labels is spent (4)');
    expect(stubs.inputs('selectBatch').map(({ rule }) => rule)).toEqual([
      {
        strategy: 'two-stage',
        maxImages: 1,
        maxScore: 0.5,
        randomShare: 0.25,
        emptyShare: 0.1,
        options: { beta: 5 },
        nearDuplicates: 0.9,
      },
    ]);
    expect(stubs.inputs('selectBatch')[0]).toMatchObject({
      cycleRunId: 'run-1',
      scheme: { task: 'classification', classes: ['cat', 'dog'] },
    });
    expect(stubs.inputs('planInference')).toMatchObject([{ embed: true }]);
    expect(stubs.inputs('inferShard')).toMatchObject([{ embedFor: 1 }, { embedFor: 1 }]);
    const boxes = { score: 'entropy', aggregate: 'top', k: 3 };
    expect(stubs.inputs('inferShard').map(({ rule }) => rule)).toContainEqual({ score: 'entropy', boxes });
    const [, second] = (await runHistories(temporal.client, handle)).map(inputOf);
    expect(second?.spec.stop).toEqual({ labels: 3, cycles: 4 });
    expect(second?.commandIds).toEqual(['b', 's', 'c']);
    expect(second?.decisions).toEqual(
      ['changeBudget', 'changeSelection', 'closeReview'].map((name) => ({
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        command: name,
        by: 'ada',
        why: 'a test',
      })),
    );
  });
});

test('a bad command is refused with a sentence and leaves no event', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations');
    await until(() => stubs.inputs('readReview').length === 1, 'the first look');
    await until(
      async () => (await handle.query(loopStatusQuery)).reviews.length === 3,
      'the answer of the first look',
    );
    const before = await eventCount(handle);
    const budget = (change: object) =>
      rejection(handle.executeUpdate(changeBudgetUpdate, { args: [{ ...command(), ...change }] }));
    const selection = (change: object) =>
      rejection(handle.executeUpdate(changeSelectionUpdate, { args: [{ ...command(), ...change }] }));
    expect(await budget({})).toBe('Give labels, cycles or both.');
    expect(await budget({ labels: 0 })).toBe('labels is 0; it must be a whole number from 1.');
    expect(await budget({ cycles: 1.5 })).toBe('cycles is 1.5; it must be a whole number from 1.');
    expect(await selection({})).toBe(
      'Give score, strategy, beta, nearDuplicates, maxImages, maxScore, randomShare or several of them.',
    );
    expect(await selection({ score: 'best' })).toBe('score is "best", which no classification can have.');
    expect(await selection({ strategy: 'best' })).toBe(
      'strategy is "best", which no classification can be selected by.',
    );
    expect(await selection({ beta: 0.5 })).toBe('beta is 0.5; it must be 1 or more.');
    expect(await selection({ nearDuplicates: 2 })).toBe('nearDuplicates is 2; it must be in 0..1.');
    expect(await selection({ maxImages: -1 })).toBe('maxImages is -1; it must be a whole number from 1.');
    expect(await selection({ maxScore: 1.1 })).toBe('maxScore is 1.1; it must be in 0..1.');
    expect(await selection({ randomShare: -0.1 })).toBe('randomShare is -0.1; it must be in 0..1.');
    for (const missing of ['commandId', 'by', 'why'])
      expect(
        await rejection(handle.executeUpdate(pauseUpdate, { args: [{ ...command(), [missing]: '' }] })),
      ).toBe('"pause" needs "commandId", "by" and "why", for the audit.');
    expect(await eventCount(handle)).toBe(before);
    expect(await handle.query(loopStatusQuery)).toMatchObject({ paused: false });
    await handle.terminate();
  });
});

test('a command that comes twice is carried out once, also in the next run', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations', { cycle: 0 });
    const once = { ...command('only-once'), maxImages: 9 };
    await handle.executeUpdate(changeSelectionUpdate, { args: [once] });
    await handle.executeUpdate(changeSelectionUpdate, { args: [{ ...command('later'), maxImages: 5 }] });
    await handle.executeUpdate(changeSelectionUpdate, { args: [once] });
    const pause = command('pause-1');
    await handle.executeUpdate(pauseUpdate, { args: [pause] });
    await handle.executeUpdate(resumeUpdate, { args: [command('resume-1')] });
    expect(await handle.executeUpdate(pauseUpdate, { args: [pause] })).toMatchObject({ paused: false });

    await handle.executeUpdate(closeReviewUpdate, { args: [command('close-1')] });
    await untilPhase(handle, 'wait for annotations', { cycle: 1 });
    expect(stubs.inputs('selectBatch').map(({ rule }) => rule.maxImages)).toEqual([5]);
    expect(await handle.executeUpdate(pauseUpdate, { args: [pause] })).toMatchObject({ paused: false });
    await handle.executeUpdate(closeReviewUpdate, { args: [command('close-1')] });
    expect(await handle.query(loopStatusQuery)).toMatchObject({ phase: 'wait for annotations', cycle: 1 });
    await handle.terminate();
  });
});

test('a command to a loop that has ended is refused', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { paused: true });
    await untilPhase(handle, 'paused');
    await handle.executeUpdate(stopUpdate, { args: [command()] });
    await handle.result();
    await expect(handle.executeUpdate(pauseUpdate, { args: [command()] })).rejects.toThrow();
  });
});

test('changeStop changes the rules from now on, takes rules away by null, and refuses what loop.yaml may not say', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const stop = { metric: 0.9, plateau: {} };
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour, stop }));
    await untilPhase(handle, 'wait for annotations');
    const change = (rules: object) =>
      handle.executeUpdate(changeStopUpdate, { args: [{ ...command('stop-rule'), stop: rules }] });
    expect(await rejection(change({}))).toBe('Give a rule of stop, or several.');
    expect(await rejection(change({ metric: 2 }))).toMatch(/^stop\.metric: Too big/);
    expect(await rejection(change({ labls: 2 }))).toMatch(/^stop: Unrecognized key/);
    await change({ metric: 0.5, plateau: null });
    stubs.answersAtOnce = true;
    await handle.executeUpdate(closeReviewUpdate, { args: [command('c')] });
    // The stubs' macro recall is 0.5 at least.
    expect((await handle.result()).ended).toBe(
      'macro recall is at least 0.500 with 95 % confidence (target 0.5)',
    );
    expect(stubs.inputs('evaluateModel')[0]?.stop?.rule).toEqual({ metric: 0.5, cycles: 10 });
    const [, second] = (await runHistories(temporal.client, handle)).map(inputOf);
    expect(second?.decisions).toMatchObject([{ command: 'changeStop', by: 'ada', why: 'a test' }, {}]);
  });
});

test('a loop that shall ask waits, instead of ending, and resume goes on for a cycle', async () => {
  stubs.answersAtOnce = true;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ stop: { metric: 0.5, ask: true } });
    const handle = await startLoop(temporal.client, taskQueue, spec, { cycle: 1 });
    await untilPhase(handle, 'paused', { cycle: 1 });
    expect((await handle.query(loopStatusQuery)).decision).toBe(
      'ends: [x] macro recall is at least 0.500 with 95 % confidence (target 0.5); [ ] it is cycle 1 of 10',
    );
    await handle.executeUpdate(resumeUpdate, { args: [command('on')] });
    await untilPhase(handle, 'paused', { cycle: 2 });
    await handle.executeUpdate(stopUpdate, { args: [command('off')] });
    expect((await handle.result()).ended).toBe('stopped by ada: a test');
  });
});

test('when the time is over the open review is closed, and a last model is measured', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    await untilPhase(handle, 'wait for annotations', { cycle: 1 });
    const change = { ...command(), stop: { date: '2020-01-01' } };
    await handle.executeUpdate(changeStopUpdate, { args: [change] });
    expect((await handle.result()).ended).toBe('it is 2020-01-01');
    expect(stubs.inputs('trainModel').map(({ cycle }) => cycle)).toEqual([1, 2]);
  });
});
