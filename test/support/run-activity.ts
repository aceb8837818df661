import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { FailureInterceptor } from '../../activities/failure-interceptor.ts';

export interface ActivityRun<Result> {
  readonly result: Promise<Result>;
  /** As a person's cancellation; `worker shutdown` as a worker that leaves. */
  readonly cancel: (why?: 'requested' | 'worker shutdown') => void;
  readonly heartbeats: unknown[];
}

/**
 * Starts an activity as a worker does: in a context, behind the interceptor that judges its failures.
 *
 * @param heartbeatDetails - Of the last attempt's last heartbeat; absent in a first attempt.
 */
export function startActivity<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
  heartbeatDetails?: unknown,
): ActivityRun<Result> {
  const environment = new MockActivityEnvironment(
    { heartbeatDetails },
    {
      interceptors: [() => ({ inbound: new FailureInterceptor() })],
      logger: new DefaultLogger('ERROR'),
    },
  );
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  return {
    result: environment.run(activity, input),
    cancel: (why = 'requested') =>
      environment.cancel(
        why === 'requested' ? 'CANCELLED' : 'WORKER_SHUTDOWN',
        new ActivityCancellationDetails(
          why === 'requested' ? { cancelRequested: true } : { workerShutdown: true },
        ),
      ),
    heartbeats,
  };
}

export async function runActivity<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
  heartbeatDetails?: unknown,
): Promise<Result> {
  return startActivity(activity, input, heartbeatDetails).result;
}
