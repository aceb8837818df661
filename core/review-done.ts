import type { ReviewProgress } from './ports.ts';

/** How many answers are enough. */
export interface Enough {
  /** 0..1 of all tasks. */
  readonly doneShare: number;
  /** Where that is less. */
  readonly doneTasks?: number | undefined;
}

/**
 * Whether people have answered enough for the loop to go on. A skipped task counts as answered: whoever skipped it is not asked for it again.
 *
 * @returns True for no task at all.
 */
export function reviewDone(progress: readonly ReviewProgress[], enough: Enough): boolean {
  const { settled, needed } = settledTasks(progress, enough);
  return settled >= needed;
}

/** Tasks answered or skipped, and how many it takes. */
export function settledTasks(
  progress: readonly ReviewProgress[],
  { doneShare, doneTasks = Infinity }: Enough,
): { settled: number; needed: number } {
  let tasks = 0;
  let settled = 0;
  for (const review of progress) {
    tasks += review.tasks;
    settled += Math.min(review.answered + review.skipped, review.tasks);
  }
  return { settled, needed: Math.min(Math.ceil(tasks * doneShare - 1e-9), doneTasks) };
}
