import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { CycleSummary } from '../core/loop-state.ts';
import type { activeLearningLoop, LoopResult } from '../workflows/active-learning-loop.ts';
import { cycleHistoryQuery, loopStatusQuery, type LoopStatus } from '../workflows/messages.ts';
import { CommandError } from './command-error.ts';
import { answerMs, isNoWorker, loopAnswer, noSuchLoop } from './loop-answer.ts';
import { pendingSteps, type PendingStep } from './pending-steps.ts';
import { searchAttributeKeys } from './search-attribute-keys.ts';

export interface LoopReport {
  readonly workflowId: string;
  readonly runId: string;
  /** Temporal's word: `RUNNING`, `COMPLETED`, `FAILED`, … */
  readonly state: string;
  /** Null for a closed loop that no worker can be asked about. */
  readonly status: LoopStatus | null;
  /** Steps that are at work, or wait for a worker or for another try. */
  readonly pending: readonly PendingStep[];
  /** One entry a measured cycle: the learning curve. */
  readonly history: readonly CycleSummary[];
  /** Why it ended, once it has. */
  readonly ended: string | null;
}

/** What one loop is doing, or how it ended. A closed loop is told from its result, without a worker. */
export async function loopStatus(client: Client, workflowId: string): Promise<LoopReport> {
  const handle = client.workflow.getHandle<typeof activeLearningLoop>(workflowId);
  const found = await handle.describe().catch((error: unknown) => {
    throw error instanceof WorkflowNotFoundError ? noSuchLoop(workflowId, error) : error;
  });
  const pending = found.status.name === 'RUNNING' ? await pendingSteps(client, found) : [];
  const report = { workflowId, runId: found.runId, state: found.status.name as string, pending };
  if (found.status.name !== 'RUNNING') {
    const result = await resultOf(client, workflowId);
    return { ...report, status: null, ...result };
  }
  try {
    // One after the other: a second query that is still retried must not outlive the connection.
    const status = await loopAnswer(client, workflowId, () => handle.query(loopStatusQuery));
    const history = await loopAnswer(client, workflowId, () => handle.query(cycleHistoryQuery));
    return { ...report, status, history, ended: status.ended };
  } catch (error) {
    if (!isNoWorker(error)) throw error;
    const phase = found.typedSearchAttributes.get(searchAttributeKeys.phase);
    const cycle = found.typedSearchAttributes.get(searchAttributeKeys.cycle) ?? 0;
    const lastKnown =
      phase === undefined ? 'The loop has not begun' : `The loop is at cycle ${cycle}, ${phase}`;
    throw new CommandError(
      `No worker answered within ${answerMs / 1000} s; start one with "labelloop worker". ${lastKnown}, by Temporal's account.`,
      1,
      { cause: error },
    );
  }
}

async function resultOf(
  client: Client,
  workflowId: string,
): Promise<{ history: readonly CycleSummary[]; ended: string | null }> {
  try {
    const result = (await client.workflow.result(workflowId)) as LoopResult;
    return { history: result.history, ended: result.ended };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { history: await closedHistory(client, workflowId), ended: rootCause(error) };
  }
}

/** A loop that failed has no result; a worker can still replay it. */
async function closedHistory(client: Client, workflowId: string): Promise<readonly CycleSummary[]> {
  const handle = client.workflow.getHandle<typeof activeLearningLoop>(workflowId);
  return loopAnswer(client, workflowId, () => handle.query(cycleHistoryQuery)).catch(() => []);
}

function rootCause(error: Error): string {
  let deepest: Error = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest.message;
}
