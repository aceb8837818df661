import type { TrainModelResult } from '../../activities/train-model.ts';
import type { Datasource } from '../../core/datapoints.ts';
import { batchRule, labelScheme } from '../../core/loop-spec.ts';
import type { CycleSummary } from '../../core/loop-state.ts';
import { needsVectors } from '../../core/selection/batch-rule.ts';
import { affordableImages } from '../../core/stop-rule.ts';
import { long } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import { labelsBought } from '../labels-bought.ts';
import type { LoopRun } from '../loop-run.ts';

/** Step 8: marks the batch, by the scores that the model of `runId` gave; the run of the cycle keeps how. Answers how many images it has. */
export async function select(
  run: LoopRun,
  datasource: Pick<Datasource, 'id'>,
  runId: string,
  { runId: cycleRunId, trainLabels }: TrainModelResult,
): Promise<Pick<CycleSummary, 'selected' | 'secondOpinions'>> {
  enterPhase(run, 'select');
  const { spec, cycle } = run.state;
  const rule = batchRule(spec, affordableImages(spec, labelsBought(run.state, trainLabels)));
  const { selected, secondOpinions } = await long.selectBatch({
    datasourceId: datasource.id,
    cycle,
    runId,
    seed: spec.seed,
    rule,
    cycleRunId,
    ...(needsVectors(rule) && {
      scheme: rule.secondOpinions ? labelScheme(spec) : { task: spec.task, classes: spec.classes },
    }),
    ...(spec.review.skipped === 'ask-again' && { askAgain: true }),
  });
  return { selected, ...(secondOpinions && { secondOpinions }) };
}
