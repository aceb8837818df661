import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { activeLearningLoop } from '../workflows/active-learning-loop.ts';
import * as messages from '../workflows/messages.ts';
import { CommandError } from './command-error.ts';
import { answerMs, isNoWorker, loopAnswer, noSuchLoop } from './loop-answer.ts';

/** What a person can tell a running loop. */
export type LoopCommand =
  | { readonly name: 'closeReview' | 'pause' | 'resume' | 'stop' }
  | { readonly name: 'changeBudget'; readonly labels?: number; readonly cycles?: number }
  | { readonly name: 'changeStop'; readonly stop: messages.ChangeStop['stop'] }
  | { readonly name: 'excludeDatapoint' | 'withdrawTask'; readonly paths: readonly string[] }
  | {
      readonly name: 'changeSelection';
      readonly maxImages?: number;
      readonly maxScore?: number;
      readonly randomShare?: number;
    };

export interface Order {
  /** Default: the user of this machine. */
  readonly by?: string;
  readonly why: string;
  /** A repeated command with a known id is answered, and not carried out again. Default: a new one. */
  readonly commandId?: string;
}

const updates: Record<LoopCommand['name'], UpdateDefinition<messages.LoopStatus, [messages.Command]>> = {
  closeReview: messages.closeReviewUpdate,
  pause: messages.pauseUpdate,
  resume: messages.resumeUpdate,
  stop: messages.stopUpdate,
  changeBudget: messages.changeBudgetUpdate,
  changeStop: messages.changeStopUpdate,
  changeSelection: messages.changeSelectionUpdate,
  excludeDatapoint: messages.excludeDatapointUpdate,
  withdrawTask: messages.withdrawTaskUpdate,
};

/**
 * Gives a running loop a command and waits for its answer: the loop's status after it.
 *
 * @throws CommandError when the loop refuses, has ended, does not exist, or no worker answers.
 */
export async function commandLoop(
  client: Client,
  workflowId: string,
  command: LoopCommand,
  order: Order,
): Promise<messages.LoopStatus> {
  const { name, ...values } = command;
  const commandId = order.commandId ?? randomUUID();
  const input = { ...values, commandId, by: order.by ?? userInfo().username, why: order.why };
  const handle = client.workflow.getHandle<typeof activeLearningLoop>(workflowId);
  try {
    return await client.withDeadline(Date.now() + answerMs, () =>
      handle.executeUpdate(updates[name], { args: [input], updateId: commandId }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new CommandError(`The loop refused: ${error.cause?.message ?? error.message}`, 1, {
        cause: error,
      });
    if (error instanceof WorkflowNotFoundError) throw await notRunning(client, workflowId, error);
    if (isNoWorker(error))
      throw new CommandError(
        `No worker answered within ${answerMs / 1000} s; start one with "labelloop worker" and repeat the command ` +
          `with --command-id ${commandId}, so that it is carried out once.`,
        1,
        { cause: error },
      );
    throw error;
  }
}

async function notRunning(client: Client, workflowId: string, cause: unknown): Promise<CommandError> {
  const { status } = await loopAnswer(client, workflowId, () =>
    client.workflow.getHandle(workflowId).describe(),
  );
  return status.name === 'RUNNING'
    ? noSuchLoop(workflowId, cause)
    : new CommandError(
        `The loop "${workflowId}" has ended (${status.name.toLowerCase()}); it takes no command.`,
        1,
        {
          cause,
        },
      );
}
