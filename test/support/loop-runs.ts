import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, defineSearchAttributeKey } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { type LoopSpec } from '../../core/loop-spec.ts';
import { firstState, type LoopState, type Phase } from '../../core/loop-state.ts';
import type { activeLearningLoop } from '../../workflows/index.ts';
import type { Command, LoopStatus } from '../../workflows/messages.ts';
import { loopStatusQuery } from '../../workflows/messages.ts';
import { until } from './until.ts';

export type LoopHandle = WorkflowHandle<typeof activeLearningLoop>;
export type History = temporal.api.history.v1.IHistory;

/** Starts a loop on a queue. @param changes - Of its first state. */
export async function startLoop(
  client: Client,
  taskQueue: string,
  spec: LoopSpec,
  changes: Partial<LoopState> = {},
): Promise<LoopHandle> {
  return client.workflow.start<typeof activeLearningLoop>('activeLearningLoop', {
    workflowId: `test-${randomUUID()}`,
    taskQueue,
    args: [{ ...firstState(spec), ...changes }],
    typedSearchAttributes: [{ key: defineSearchAttributeKey('LabelloopLoop', 'KEYWORD'), value: spec.loop }],
  });
}

export async function untilPhase(
  handle: LoopHandle,
  phase: Phase,
  { cycle }: { cycle?: number } = {},
): Promise<LoopStatus> {
  return until(
    async () => {
      const status = await handle.query(loopStatusQuery);
      return status.phase === phase && (cycle === undefined || status.cycle === cycle) && status;
    },
    `the phase "${phase}"${cycle === undefined ? '' : ` of cycle ${cycle}`}`,
  );
}

/** The histories of a loop's runs, first run first. */
export async function runHistories(client: Client, handle: LoopHandle): Promise<History[]> {
  const histories: History[] = [];
  let runId: string | null | undefined = (handle as LoopHandle & { firstExecutionRunId?: string })
    .firstExecutionRunId;
  while (runId) {
    const history: History = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
    histories.push(history);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return histories;
}

/** The argument that a run was started with. */
export function inputOf(history: History): LoopState {
  const payload = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!payload) throw new Error('The run has no input.');
  return defaultPayloadConverter.fromPayload<LoopState>(payload);
}

export function command(commandId: string = randomUUID()): Command {
  return { commandId, by: 'ada', why: 'a test' };
}
