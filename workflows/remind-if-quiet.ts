import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { LoopState } from '../core/loop-state.ts';
import type { ReviewProgress } from '../core/ports.ts';
import { settledTasks } from '../core/review-done.ts';
import { optional } from './activity-proxies.ts';

/**
 * Reminds once in so many hours without a new answer. A reminder that cannot be delivered holds up nothing; the next one may.
 *
 * @param progress - Of this cycle's reviews.
 */
export async function remindIfQuiet(state: LoopState, progress: readonly ReviewProgress[]): Promise<void> {
  const { remindAfterHours } = state.spec.review;
  if (remindAfterHours === undefined) return;
  const { settled, needed } = settledTasks(progress, { doneShare: 1 });
  const open = needed - settled;
  if (state.quiet?.settled !== settled) state.quiet = { settled, sinceMs: Date.now(), reminders: 0 };
  const { sinceMs, reminders } = state.quiet;
  if (open === 0 || Date.now() < sinceMs + (reminders + 1) * remindAfterHours * 3_600_000) return;
  state.quiet = { settled, sinceMs, reminders: reminders + 1 };
  const { cycle, spec } = state;
  try {
    await optional.remindAnnotators({
      id: `${workflowInfo().workflowId}/${cycle}/${sinceMs}/${reminders + 1}`,
      loop: spec.loop,
      cycle,
      open,
      quietSince: new Date(sinceMs).toISOString(),
      reviews: state.reviews.filter((one) => one.cycle === cycle).map(({ title, url }) => ({ title, url })),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}
