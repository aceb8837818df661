import { workflowInfo } from '@temporalio/workflow';
import type { TrainModelResult } from '../../activities/train-model.ts';
import type { Datasource } from '../../core/datapoints.ts';
import { datasourceName, labelScheme } from '../../core/loop-spec.ts';
import { onTrainingQueue } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import type { LoopRun } from '../loop-run.ts';

/** Steps 3 and 4: a model of all that is labelled so far. */
export function train(
  run: LoopRun,
  datasource: Pick<Datasource, 'id' | 'rootUrl'>,
): Promise<TrainModelResult> {
  enterPhase(run, 'train');
  const { spec, cycle } = run.state;
  const { trainModel } = onTrainingQueue(spec.training);
  return trainModel.executeWithOptions({ summary: `train cycle ${cycle}` }, [
    {
      workflowId: workflowInfo().workflowId,
      loop: spec.loop,
      cycle,
      repo: spec.repo,
      datasource: { ...datasource, name: datasourceName(spec) },
      scheme: labelScheme(spec),
      seed: spec.seed,
      training: spec.training,
      startTimeMs: run.startTimeMs,
    },
  ]);
}
