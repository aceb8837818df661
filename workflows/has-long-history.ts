import { workflowInfo } from '@temporalio/workflow';
import type { LoopState } from '../core/loop-state.ts';

/** A fifth of what Temporal warns of, so that a step in a waiting loop never brings it near. */
const bytesPerRun = 2_000_000;

/** Whether a waiting run had better go on in a fresh one. Grows with messages: Label Studio's news, and people's commands. */
export function hasLongHistory({ eventsPerRun = 2000 }: LoopState): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength > eventsPerRun || historySize > bytesPerRun;
}
