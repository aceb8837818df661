import {
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { CommandError } from './command-error.ts';

/** How long a worker may take to answer before we say that there is none. */
export const answerMs = 10_000;

/** gRPC: cancelled, deadline exceeded, failed precondition (no poller seen), unavailable. */
const silentCodes = new Set([1, 4, 9, 14]);

/** True when the failure means that no worker answered in time. */
export function isNoWorker(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  // The client wraps what gRPC said.
  const grpc = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(grpc) && silentCodes.has(grpc.code);
}

/** What a loop's worker answers, within {@link answerMs}. @throws CommandError 3 when there is no such loop. */
export async function loopAnswer<T>(client: Client, workflowId: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + answerMs, ask);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw noSuchLoop(workflowId, error);
    throw error;
  }
}

export function noSuchLoop(workflowId: string, cause?: unknown): CommandError {
  return new CommandError(
    `There is no loop "${workflowId}"; "labelloop status" lists the loops there are.`,
    3,
    {
      cause,
    },
  );
}
