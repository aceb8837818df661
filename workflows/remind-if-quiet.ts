import { isCancellation } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { LoopState } from '../core/loop-state.ts';

/**
 * Reminds once in so many hours without a new answer. A reminder that cannot be delivered holds up nothing; the next one may.
 *
 * @param progress - Tasks of this cycle that are answered or skipped, and those that are not.
 */
export async function remindIfQuiet(
  state: LoopState,
  progress: { settled: number; open: number },
  workflowId: string,
  { remindAnnotators }: Pick<Activities, 'remindAnnotators'>,
): Promise<void> {
  const { remindAfterHours } = state.spec.review;
  if (remindAfterHours === undefined) return;
  const { settled, open } = progress;
  if (state.quiet?.settled !== settled) state.quiet = { settled, sinceMs: Date.now(), reminders: 0 };
  const { sinceMs, reminders } = state.quiet;
  if (open === 0 || Date.now() < sinceMs + (reminders + 1) * remindAfterHours * 3_600_000) return;
  state.quiet = { settled, sinceMs, reminders: reminders + 1 };
  const { cycle, spec } = state;
  try {
    await remindAnnotators({
      id: `${workflowId}/${cycle}/${sinceMs}/${reminders + 1}`,
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
