import { allHandlersFinished, condition, continueAsNew } from '@temporalio/workflow';
import { carriedHistory } from '../core/cycle-history.ts';
import type { activeLearningLoop } from './active-learning-loop.ts';
import { Ended } from './ended.ts';
import type { LoopRun } from './loop-run.ts';

/** Goes on in a fresh history: with the next cycle, or in the middle of this one's wait. */
export async function nextRun({ state, wishes }: LoopRun, cycle: number): Promise<never> {
  await condition(allHandlersFinished);
  if (wishes.stopping !== null) throw new Ended(wishes.stopping);
  return continueAsNew<typeof activeLearningLoop>({
    ...state,
    history: carriedHistory(state.history),
    cycle,
  });
}
