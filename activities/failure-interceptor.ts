import { CancelledFailure } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { judge } from '../core/errors.ts';

/** Turns what an activity threw into a failure the retry policy understands. The only place that does. */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      if (error instanceof CancelledFailure || error instanceof ApplicationFailure || isAbort(error))
        throw error;
      const verdict = judge(error);
      throw ApplicationFailure.fromError(error, {
        nonRetryable: !verdict.retry,
        ...(verdict.retry && verdict.afterMs !== undefined && { nextRetryDelay: verdict.afterMs }),
      });
    }
  }
}

/** The SDK reports an aborted request as the cancellation that caused it. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
