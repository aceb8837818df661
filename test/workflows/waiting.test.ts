import { setTimeout as sleep } from 'node:timers/promises';
import { annotationsChangedSignal, closeReviewUpdate, loopStatusQuery } from '../../workflows/messages.ts';
import { command, inputOf, runHistories, startLoop, untilPhase } from '../support/loop-runs.ts';
import { anHour, loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
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

function reads(): number {
  return stubs.inputs('readReview').length;
}

test('a signal wakes the wait: the loop looks again and goes on when all is answered', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(
      temporal.client,
      taskQueue,
      loopSpec({ review: anHour, stop: { cycles: 1 } }),
    );
    await untilPhase(handle, 'wait for annotations');
    await until(() => reads() === 1, 'the first look');

    stubs.answer('glyphs cycle 0 hold-out', 1);
    await handle.signal(annotationsChangedSignal);
    await until(() => reads() === 2, 'the look after the signal');
    const status = await until(async () => {
      const answer = await handle.query(loopStatusQuery);
      return answer.reviews[0]?.answered === 1 && answer;
    }, 'the progress');
    expect(status.phase).toBe('wait for annotations');
    expect(status.reviews.map(({ title, tasks, answered }) => ({ title, tasks, answered }))).toEqual([
      { title: 'glyphs cycle 0 hold-out', tasks: 2, answered: 1 },
      { title: 'glyphs cycle 0 validation', tasks: 2, answered: 0 },
      { title: 'glyphs cycle 0 first', tasks: 2, answered: 0 },
    ]);

    stubs.answersAtOnce = true;
    await handle.signal(annotationsChangedSignal);
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    expect(reads()).toBeGreaterThanOrEqual(3);
    await handle.terminate();
  });
});

test('with every signal lost the answers are found by the poll', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: { pollSeconds: 1, minReadSeconds: 0 } });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    await until(() => reads() === 2, 'the first poll');
    expect(stubs.inputs('collectAnnotations')).toEqual([]);
    stubs.answersAtOnce = true;
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    await handle.terminate();
  });
});

test('a hundred signals at once cost one look, not a hundred', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: { pollSeconds: 3600, minReadSeconds: 2 } });
    const beganMs = Date.now();
    const handle = await startLoop(temporal.client, taskQueue, spec);
    await until(() => reads() === 1, 'the first look');
    await Promise.all(Array.from({ length: 100 }, () => handle.signal(annotationsChangedSignal)));
    await until(() => reads() > 1, 'the second look');
    await sleep(500);
    // One in two seconds, where the signals need longer than that.
    expect(reads()).toBeLessThanOrEqual(2 + (Date.now() - beganMs) / 2000);
    await handle.terminate();
  });
});

test('after the deadline the loop goes on with what is answered, and collects late answers a cycle later', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const review = { ...anHour, deadlineHours: 1 / 3600 };
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review, stop: { cycles: 2 } }));
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    expect(reads()).toBeLessThanOrEqual(2);
    expect(stubs.inputs('collectAnnotations')).toEqual([
      {
        loop: 'glyphs',
        datasourceId: '7',
        scheme: { task: 'classification', classes: ['cat', 'dog'] },
        reviews: [1, 2, 3].map((projectId) => ({ projectId, cycle: 0 })),
      },
    ]);

    stubs.answer('glyphs cycle 0 hold-out');
    await until(() => stubs.inputs('trainModel').length === 2, 'the training of cycle 2');
    expect(stubs.inputs('collectAnnotations')[1]?.reviews).toEqual([
      { projectId: 1, cycle: 0 },
      { projectId: 2, cycle: 0 },
      { projectId: 3, cycle: 0 },
      { projectId: 4, cycle: 1 },
    ]);
    await until(() => stubs.inputs('collectAnnotations').length === 3, 'the collection of cycle 2');
    expect(stubs.inputs('collectAnnotations')[2]?.reviews.map(({ projectId }) => projectId)).toEqual([
      2, 3, 4, 5,
    ]);
    await handle.terminate();
  });
});

test('an earlier review that is still open does not hold up a later one', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ review: anHour }));
    await untilPhase(handle, 'wait for annotations', { cycle: 0 });
    await handle.executeUpdate(closeReviewUpdate, { args: [command()] });
    await untilPhase(handle, 'wait for annotations', { cycle: 1 });
    stubs.answer('glyphs cycle 1 batch');
    await handle.signal(annotationsChangedSignal);
    await until(() => stubs.inputs('trainModel').length === 2, 'the training of cycle 2');
    await handle.terminate();
  });
});

test('the share that must be answered is enough', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: { ...anHour, doneShare: 0.5 } });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    await until(() => reads() === 1, 'the first look');
    for (const part of ['hold-out', 'validation', 'first']) stubs.answer(`glyphs cycle 0 ${part}`, 1);
    await handle.signal(annotationsChangedSignal);
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    await handle.terminate();
  });
});

test('a waiting run whose history has grown continues as new in the middle of its wait', async () => {
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: { ...anHour, deadlineHours: 2 } });
    const handle = await startLoop(temporal.client, taskQueue, spec, { eventsPerRun: 120 });
    await until(() => reads() === 1, 'the first look');
    await Promise.all(Array.from({ length: 120 }, () => handle.signal(annotationsChangedSignal)));
    const histories = await until(async () => {
      const runs = await runHistories(temporal.client, handle);
      return runs.length > 1 && runs;
    }, 'the second run');
    await untilPhase(handle, 'wait for annotations', { cycle: 0 });

    const [first, second] = histories.map(inputOf);
    expect(second).toMatchObject({ cycle: 0, datasource: { id: '7' }, reviews: [{}, {}, {}] });
    expect(JSON.parse(JSON.stringify(second))).toEqual(second);
    expect(first).not.toHaveProperty('waitingSinceMs');
    expect(Math.abs((second?.waitingSinceMs ?? 0) - Date.now())).toBeLessThan(60_000);

    stubs.answersAtOnce = true;
    await handle.signal(annotationsChangedSignal);
    await until(() => stubs.inputs('trainModel').length === 1, 'the training of cycle 1');
    expect(stubs.inputs('openReview')).toHaveLength(3);
    expect(stubs.inputs('selectFirstBatch')).toHaveLength(1);
    await handle.terminate();
  });
});
