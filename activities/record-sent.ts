import type { LedgerReview } from '../core/ledger/review-entries.ts';
import type { ReviewTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { recordInLedgers } from './record-in-ledgers.ts';

/** Writes into the ledger of each task's datapoint that people were asked, and with which model's suggestion. */
export async function recordSent(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  input: { datasourceId: string; review: LedgerReview; tasks: readonly ReviewTask[] },
  signal: AbortSignal,
): Promise<void> {
  const { datasourceId, review } = input;
  const tasks = new Map(input.tasks.map((task) => [task.key, task]));
  await recordInLedgers(
    deps,
    {
      datasourceId,
      cycle: review.cycle,
      entryOf: (path, purpose) => {
        const task = tasks.get(path);
        const suggestedBy = task?.prediction?.modelVersion ?? null;
        return task ? { event: 'sent', ...review, purpose, suggestedBy } : null;
      },
    },
    signal,
  );
}
