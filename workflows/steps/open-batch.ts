import type { Purpose } from '../../core/fields.ts';
import type { LoopRun } from '../loop-run.ts';
import { openReview } from './open-review.ts';

/** Asks what was selected, with the predictions of a run; tasks that are there already stay as they are. */
export function openBatch(run: LoopRun, runId: string): Promise<void> {
  const { review, selection } = run.state.spec;
  const purposes: Purpose[] = ['score', 'empty', 'random'];
  if (review.skipped === 'ask-again') purposes.push('again');
  if (selection.secondOpinions) purposes.push('second-opinion');
  return openReview(run, 'batch', purposes, runId);
}
