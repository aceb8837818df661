import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, CancelledFailure } from '@temporalio/common';
import { DomainError, ServiceUnavailableError } from '../../core/errors.ts';
import { runHistories, startLoop, untilPhase } from '../support/loop-runs.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

async function failureOf(work: Promise<unknown>): Promise<WorkflowFailedError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return error as WorkflowFailedError;
}

test('a final failure of a step fails the loop with the sentence of that step', async () => {
  const stubs = new LoopStubs({
    trainModel: async () => {
      throw new DomainError('No image of the train split is annotated; nothing to learn from.');
    },
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    const failure = await failureOf(handle.result());
    expect(failure.cause).toBeInstanceOf(ActivityFailure);
    const cause = (failure.cause as ActivityFailure).cause as ApplicationFailure;
    expect(cause).toMatchObject({
      type: 'DomainError',
      nonRetryable: true,
      message: 'No image of the train split is annotated; nothing to learn from.',
    });
    expect((await handle.describe()).status.name).toBe('FAILED');
  });
  expect(stubs.inputs('trainModel')).toHaveLength(1);
});

test('a service that is away for a while costs a wait, not the loop', async () => {
  let tries = 0;
  const stubs = new LoopStubs({
    checkConnections: async () => {
      if (++tries < 3) throw new ServiceUnavailableError('MLflow: GET /: 503', { retryAfterMs: 10 });
      return [];
    },
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { cycles: 1 } }));
    expect((await handle.result()).ended).toBe('all 1 cycles are done');
  });
  expect(tries).toBe(3);
});

test('cancelling reaches a training that runs, waits for its end, and ends the loop as cancelled', async () => {
  let cancelled: unknown = null;
  const stubs = new LoopStubs({
    trainModel: async () => {
      const beat = setInterval(() => Context.current().heartbeat(), 50);
      try {
        return await Context.current().cancelled;
      } catch (error) {
        cancelled = error;
        throw error;
      } finally {
        clearInterval(beat);
      }
    },
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    await until(() => stubs.inputs('trainModel').length === 1, 'the training');
    await handle.cancel();
    const failure = await failureOf(handle.result());
    expect(failure.cause).toBeInstanceOf(CancelledFailure);
    expect(cancelled).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    const [history] = await runHistories(temporal.client, handle);
    expect(history?.events?.some(({ activityTaskCanceledEventAttributes: ended }) => ended)).toBe(true);
    expect((await handle.describe()).typedSearchAttributes.getAll()).toContainEqual(
      expect.objectContaining({ value: 'stopped' }),
    );
  });
});

test('cancelling a loop that waits ends it as cancelled', async () => {
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ review: { pollSeconds: 3600, minReadSeconds: 0 } });
    const handle = await startLoop(temporal.client, taskQueue, spec);
    await untilPhase(handle, 'wait for annotations');
    await handle.cancel();
    expect((await failureOf(handle.result())).cause).toBeInstanceOf(CancelledFailure);
  });
});
