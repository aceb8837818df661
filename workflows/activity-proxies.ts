import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import { queueBeside } from '../core/task-queues.ts';

/** Calls that take seconds. A service that is down is asked again for as long as it takes. */
export const quick = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** One try of a call that nearly always takes a moment: one event of history instead of three, and no further workflow task. */
export const brief = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 1 },
});

/** What may fail: people are reminded again. */
export const optional = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
});

/** Passes over the datasource or over a review: minutes, watched by their heartbeats. */
export const long = proxyActivities<Activities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** What runs a model, on the queue of the machines that are to do it. */
export function onInferQueue() {
  return proxyActivities<Activities>({
    taskQueue: queueBeside(workflowInfo().taskQueue, 'infer'),
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: '1 minute',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  });
}

/** A training, on the queue that `loop.yaml` names; a dead worker is noticed by its heartbeats, long before its time is over. */
export function onTrainingQueue({ queue, maxSeconds }: LoopSpec['training']) {
  return proxyActivities<Activities>({
    taskQueue: queueBeside(workflowInfo().taskQueue, queue),
    startToCloseTimeout: `${maxSeconds + transferSeconds} seconds`,
    heartbeatTimeout: '1 minute',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
  });
}

/** For fetching the images and uploading the model, beside training. */
const transferSeconds = 6 * 3600;
