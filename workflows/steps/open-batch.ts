import type { LoopRun } from '../loop-run.ts';
import { openReview } from './open-review.ts';

/** Asks what was selected, with the predictions of a run; tasks that are there already stay as they are. */
export function openBatch(run: LoopRun, runId: string): Promise<void> {
  const purposes = ['score', 'empty', 'random'] as const;
  const asksAgain = run.state.spec.review.skipped === 'ask-again';
  return openReview(run, 'batch', asksAgain ? [...purposes, 'again'] : purposes, runId);
}
