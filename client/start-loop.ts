import { createHash } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { loopWorkflowId, strategyOf, type LoopSpec } from '../core/loop-spec.ts';
import { firstState } from '../core/loop-state.ts';
import { taskQueue } from '../core/task-queues.ts';
import type { activeLearningLoop } from '../workflows/index.ts';
import { checkSearchAttributes } from './check-search-attributes.ts';
import { CommandError } from './command-error.ts';
import { searchAttributeKeys } from './search-attribute-keys.ts';

export interface StartedLoop {
  readonly workflowId: string;
  readonly runId: string;
  /** False when the loop was running already; then nothing was changed. */
  readonly started: boolean;
  /** Of a loop that was running already: whether it was started with the same settings. */
  readonly sameSettings: boolean;
}

/** Memo with the digest of the settings a loop was started with; the server carries it from run to run. */
const settingsMemo = 'labelloopSettings';

/**
 * Starts a loop under its fixed id. Starting a running loop is harmless: it answers with the run that is there. A loop that failed, or
 * was cancelled or terminated, starts again and finds what it had done.
 *
 * @param onQueue - The task queue of its workers.
 * @throws CommandError when the loop has ended by itself, or the namespace lacks a search attribute.
 */
export async function startLoop(
  client: Client,
  spec: LoopSpec,
  onQueue: string = taskQueue('loop'),
): Promise<StartedLoop> {
  await checkSearchAttributes(client);
  const workflowId = loopWorkflowId(spec);
  const settings = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
  try {
    const handle = await client.workflow.start<typeof activeLearningLoop>('activeLearningLoop', {
      workflowId,
      taskQueue: onQueue,
      args: [firstState(spec)],
      // FAIL and not USE_EXISTING: as safe to repeat, and it says whether this call started anything.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      typedSearchAttributes: [{ key: searchAttributeKeys.loop, value: spec.loop }],
      memo: { [settingsMemo]: settings },
      staticSummary: `Active learning of ${spec.loop} in ${spec.repo}`,
      staticDetails: staticDetails(spec),
    });
    return { workflowId, runId: handle.firstExecutionRunId, started: true, sameSettings: true };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const found = await client.workflow.getHandle(workflowId).describe();
    if (found.status.name !== 'RUNNING') throw ended(found, spec);
    return {
      workflowId,
      runId: found.runId,
      started: false,
      sameSettings: found.memo?.[settingsMemo] === settings,
    };
  }
}

function ended({ status, closeTime }: WorkflowExecutionDescription, { loop }: LoopSpec): CommandError {
  const when = closeTime ? ` on ${closeTime.toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
  return new CommandError(
    `The loop "${loop}" has ended (${status.name.toLowerCase()}${when}) and is not started again; ` +
      `its result is in "labelloop status", and a new loop needs another name under the key "loop".`,
    1,
  );
}

function staticDetails(spec: LoopSpec): string {
  const { selection, stop, classes } = spec;
  const strategy = strategyOf(spec);
  const limits = [
    `${stop.cycles} cycles`,
    ...(stop.labels === undefined ? [] : [`${stop.labels} labels`]),
    ...(stop.metric === undefined ? [] : [`a metric of ${stop.metric}`]),
  ];
  return [
    `Images: \`${spec.datasource.path}\` of ${spec.repo}`,
    `Classes: ${classes.length > 20 ? `${classes.length}, from ${classes[0] ?? ''}` : classes.join(', ')}`,
    `Each cycle asks ${selection.maxImages} images ${strategy === 'random' ? 'at random' : `by ${strategy}, scored by ${selection.score}`}; ends at ${limits.join(', ')}.`,
  ].join('\n\n');
}
