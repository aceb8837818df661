import type { ReviewProgress } from './ports.ts';
import { settledTasks, type Enough } from './review-done.ts';

/**
 * How long to leave a review alone before it is read again, however many webhooks come: half of the time that the rest will take at the pace
 * so far. Reads get denser towards the end, and a review of any size needs few of them.
 *
 * @param review - `elapsedSeconds` is the time it has been waited for.
 * @param bounds - In seconds. While nobody has answered there is no pace, and `least` it is.
 */
export function quietSeconds(
  review: { progress: readonly ReviewProgress[]; enough: Enough; elapsedSeconds: number },
  bounds: { least: number; most: number },
): number {
  const { settled, needed } = settledTasks(review.progress, review.enough);
  if (settled === 0) return bounds.least;
  const rest = ((needed - settled) * review.elapsedSeconds) / settled;
  return Math.max(bounds.least, Math.min(rest / 2, bounds.most));
}
