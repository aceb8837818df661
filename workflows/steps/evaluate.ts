import { workflowInfo } from '@temporalio/workflow';
import type { TrainModelResult } from '../../activities/train-model.ts';
import { withCycle } from '../../core/cycle-history.ts';
import type { Datasource } from '../../core/datapoints.ts';
import { labelScheme } from '../../core/loop-spec.ts';
import type { CycleSummary } from '../../core/loop-state.ts';
import { onInferQueue } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import type { LoopRun } from '../loop-run.ts';
import { spentSoFar } from '../spent-so-far.ts';

/** Measures the new model, and answers the run of the champion too: the rest of the cycle goes on with its model. */
export async function evaluate(
  run: LoopRun,
  datasource: Pick<Datasource, 'id' | 'rootUrl'>,
  trained: TrainModelResult,
): Promise<{ summary: CycleSummary; champion: string }> {
  enterPhase(run, 'evaluate');
  const { state, startTimeMs } = run;
  const { spec, cycle } = state;
  const { workflowId } = workflowInfo();
  const { runId } = trained;
  const { evaluateModel } = onInferQueue();
  const measured = await evaluateModel.executeWithOptions({ summary: `measure cycle ${cycle}` }, [
    {
      loop: spec.loop,
      runId,
      datasource,
      scheme: labelScheme(spec),
      seed: spec.seed,
      startTimeMs,
      ...(spec.selection.score === 'predicted-loss' && { predictsLosses: true }),
      stop: { workflowId, rule: spec.stop, ...spentSoFar(run, trained.trainLabels) },
    },
  ]);
  const summary: CycleSummary = {
    cycle,
    trainLabels: trained.trainLabels,
    runId,
    runUrl: trained.runUrl,
    modelVersion: trained.modelVersion,
    metric: measured.metric,
    others: measured.others,
    holdOut: measured.holdOut,
    selected: 0,
    unreadable: measured.unreadable,
    ...measured.signs,
    champion: measured.champion.cycle,
    championReason: measured.champion.reason,
  };
  state.history = withCycle(state.history, summary);
  return { summary, champion: measured.champion.runId };
}
