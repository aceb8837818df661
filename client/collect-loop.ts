import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { loopWorkflowId, type LoopSpec } from '../core/loop-spec.ts';
import { taskQueue } from '../core/task-queues.ts';
import type { collectReviews } from '../workflows/index.ts';
import { CommandError } from './command-error.ts';
import { noSuchLoop } from './loop-answer.ts';

/**
 * Collects what people did in the reviews of a loop after its end. Waits for a worker, for as long as it takes; asked again meanwhile, it waits for the
 * same collection.
 *
 * @param onQueue - The task queue of its workers.
 * @returns The reviews in which something changed.
 * @throws CommandError when the loop runs, as it collects by itself then, or never did.
 */
export async function collectLoop(
  client: Client,
  spec: LoopSpec,
  onQueue: string = taskQueue('loop'),
): ReturnType<typeof collectReviews> {
  const workflowId = loopWorkflowId(spec);
  const { status } = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      throw error instanceof WorkflowNotFoundError ? noSuchLoop(workflowId, error) : error;
    });
  if (status.name === 'RUNNING')
    throw new CommandError(
      `The loop "${spec.loop}" runs, and collects by itself at the end of each cycle, what was corrected in earlier ones too.`,
      1,
    );
  return client.workflow.execute<typeof collectReviews>('collectReviews', {
    // Of the loop's repository, as workers see it, and no name that a loop can have.
    workflowId: `${workflowId}:collect`,
    taskQueue: onQueue,
    args: [{ spec }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `Collecting the reviews of ${spec.loop} once more`,
  });
}
