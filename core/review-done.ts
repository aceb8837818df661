import type { ReviewProgress } from './ports.ts';

/**
 * Whether people have answered enough for the loop to go on. A skipped task counts as answered: nobody is asked for it again.
 *
 * @param share - 0..1 of all tasks that must be answered.
 * @returns True for no task at all.
 */
export function reviewDone(progress: readonly ReviewProgress[], share: number): boolean {
  const { settled, needed } = settledTasks(progress, share);
  return settled >= needed;
}

/** Tasks answered or skipped, and how many it takes. */
export function settledTasks(
  progress: readonly ReviewProgress[],
  share: number,
): { settled: number; needed: number } {
  let tasks = 0;
  let settled = 0;
  for (const review of progress) {
    tasks += review.tasks;
    settled += Math.min(review.answered + review.skipped, review.tasks);
  }
  return { settled, needed: Math.ceil(tasks * share - 1e-9) };
}
