import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';

/** A step that Temporal has handed out, or would hand out if somebody took it. */
export interface PendingStep {
  /** The activity's name. */
  readonly step: string;
  /** Task queue; null where the server does not tell. */
  readonly queue: string | null;
  readonly attempt: number;
  /** Of this attempt: it is at work, or waits for a worker, or for its next try. ms since 1970. */
  readonly sinceMs: number;
  readonly isRunning: boolean;
  /** Why the attempt before failed. */
  readonly lastFailure: string | null;
  /** ms since 1970; null: it is not between two tries. */
  readonly nextTryMs: number | null;
  /** A worker polled the queue within the last minutes; true where that cannot be told. */
  readonly isServed: boolean;
}

const { PendingActivityState, TaskQueueType } = proto.temporal.api.enums.v1;

/** What a loop's run waits for by Temporal's account, oldest first; also without any worker. */
export async function pendingSteps(
  client: Client,
  { raw }: Pick<WorkflowExecutionDescription, 'raw'>,
): Promise<PendingStep[]> {
  const served = new Map<string, Promise<boolean>>();
  const isServed = (queue: string): Promise<boolean> => {
    const asked = served.get(queue) ?? hasPollers(client, queue);
    served.set(queue, asked);
    return asked;
  };
  const steps = await Promise.all(
    (raw.pendingActivities ?? []).map(async (one): Promise<PendingStep> => {
      const queue = one.activityOptions?.taskQueue?.name ?? null;
      const isRunning = one.state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
      const nextTryMs = isRunning ? null : msOf(one.nextAttemptScheduleTime);
      return {
        step: one.activityType?.name ?? '',
        queue,
        attempt: one.attempt ?? 1,
        sinceMs: msOf(isRunning ? one.lastStartedTime : one.scheduledTime) ?? NaN,
        isRunning,
        lastFailure: one.lastFailure?.message ?? null,
        nextTryMs,
        isServed: isRunning || queue === null || (await isServed(queue)),
      };
    }),
  );
  return steps.sort((a, b) => a.sinceMs - b.sinceMs);
}

async function hasPollers(client: Client, name: string): Promise<boolean> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  });
  return pollers.length > 0;
}

function msOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number | null {
  if (!time) return null;
  return Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}
