import { cancellationSignal } from '@temporalio/activity';
import type { ChooseDeps } from './choose-batch-input.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { readSelectionRecord } from './read-selection-record.ts';
import { selectBatchActivity } from './select-batch.ts';
import { withdrawDownTo } from './withdraw-rest.ts';

export interface ResizeBatchInput {
  readonly loop: string;
  readonly datasourceId: string;
  readonly projectId: number;
  readonly cycle: number;
  /** MLflow run of the cycle, which keeps how its batch was chosen. */
  readonly cycleRunId: string;
  /** What the batch shall hold. */
  readonly maxImages: number;
  readonly askAgain?: boolean | undefined;
  /** Kept with each datapoint that is withdrawn. */
  readonly why: string;
}

export interface ResizedBatch {
  /** Datapoints that the cycle asks now. */
  readonly selected: number;
  /** Those of them that somebody else has answered, where it grew; absent for none. */
  readonly secondOpinions?: number;
  readonly withdrawn: number;
  /** MLflow run whose predictions are the pre-annotations of datapoints that may have no task yet; null: all have one. */
  readonly runId: string | null;
}

export function resizeBatchActivity(deps: ChooseDeps & Pick<ActivityDeps, 'board'>) {
  const select = selectBatchActivity(deps);
  return {
    /**
     * Makes the batch that people are asked bigger or smaller. It grows by what came next when it was chosen, by the rule of then; it shrinks
     * by tasks that nobody answered, so it may stay bigger than wanted. Key: `selected_in_cycle`. New datapoints have no task yet.
     */
    async resizeBatch(input: ResizeBatchInput): Promise<ResizedBatch> {
      const signal = cancellationSignal();
      const { datasourceId, cycle, cycleRunId, maxImages, askAgain } = input;
      const { withdrawn, left } = await withdrawDownTo(deps, input, maxImages, signal);
      if (left >= maxImages) return { selected: left, withdrawn, runId: null };
      const run = await deps.tracker.getRun(cycleRunId, signal);
      const { runId, seed, rule, scheme } = await readSelectionRecord(deps, run, signal);
      const { selected, secondOpinions } = await select.selectBatch({
        datasourceId,
        cycle,
        runId,
        seed,
        rule: { ...rule, maxImages },
        scheme,
        cycleRunId,
        askAgain,
      });
      return { selected, withdrawn, runId, ...(secondOpinions && { secondOpinions }) };
    },
  };
}
