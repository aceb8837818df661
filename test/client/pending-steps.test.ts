import { Worker } from '@temporalio/worker';
import { loopStatus } from '../../client/loop-status.ts';
import { waitsText } from '../../bin/waits-text.ts';
import { ServiceUnavailableError } from '../../core/errors.ts';
import { startLoop } from '../support/loop-runs.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

test('a step that fails again and again is told with its last error and its next try', async () => {
  const stubs = new LoopStubs({
    trainModel: () => Promise.reject(new ServiceUnavailableError('MLflow at http://mlflow.invalid: 503')),
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    const report = await until(async () => {
      const found = await loopStatus(temporal.client, handle.workflowId);
      return found.pending.some(({ attempt, nextTryMs }) => attempt > 1 && nextTryMs !== null) && found;
    }, 'a second try');
    expect(report.pending).toMatchObject([{ step: 'trainModel', isRunning: false, isServed: true }]);
    expect(waitsText(report)).toEqual([
      expect.stringMatching(
        /^Waits to try trainModel again at \d{4}-\d\d-\d\d \d\d:\d\d UTC; try \d+ failed: MLflow at http:\/\/mlflow.invalid: 503$/,
      ),
    ]);
    await handle.terminate();
  });
});

test('a queue that nobody serves is told with the worker that is missing', async () => {
  const { activities } = new LoopStubs();
  const taskQueue = temporal.uniqueQueue();
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    activities,
    workflowBundle: temporal.bundle,
  });
  await worker.runUntil(async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    const report = await until(async () => {
      const found = await loopStatus(temporal.client, handle.workflowId);
      return found.pending.some(({ isServed }) => !isServed) && found;
    }, 'a step without a worker');
    const queue = taskQueue.replace(/-loop$/, '-train');
    expect(report.pending).toMatchObject([{ step: 'trainModel', queue, attempt: 1, isServed: false }]);
    expect(waitsText(report)[0]).toMatch(
      /^Waits for a worker since .*: nobody serves the queue ".*-train", where trainModel stands\. Start one with "labelloop worker --queues /,
    );
    await handle.terminate();
  });
});
