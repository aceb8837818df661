import { judge } from '../core/errors.ts';
import type { Evaluation } from '../core/evaluation/evaluation.ts';
import type { LoadedModel, RunRef } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askStopSet, type StopSetFindings } from './ask-stop-set.ts';
import type { EvaluateModelInput } from './evaluate-model.ts';
import { measureModels } from './measure-models.ts';
import { modelFolder } from './model-folder.ts';
import { trainingRunKey } from './training-run-key.ts';

/** Images of the stop set where `loop.yaml` names no number. */
const defaultStopSet = 500;

/** Holds a model against those of earlier cycles, as far as the rules that end the loop ask for it. */
export function lookingBack(deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'runner' | 'workDir'>) {
  return { stopSetFindings, earlierEvaluation };

  async function stopSetFindings(
    input: EvaluateModelInput,
    { run, model }: { run: RunRef; model: LoadedModel },
    signal: AbortSignal,
  ): Promise<StopSetFindings> {
    if (!asksStopSet(input)) return {};
    const images = input.stop?.rule.images ?? defaultStopSet;
    const before = await trainedBefore(input, run, 1, signal);
    return askStopSet(deps, { run, model, before }, { ...input, images }, signal);
  }

  /** The model that a plateau is reckoned from, on the images of an evaluation; null where there is none to compare with. */
  async function earlierEvaluation(
    input: EvaluateModelInput,
    run: RunRef,
    { images }: Evaluation,
    signal: AbortSignal,
  ): Promise<Evaluation | null> {
    const plateau = input.stop?.rule.plateau;
    const earlier = plateau && (await trainedBefore(input, run, plateau.cycles, signal));
    if (!earlier) return null;
    try {
      const model = await deps.runner.load(await modelFolder(deps, earlier.runId, signal));
      // By itself, as the runner keeps two models open.
      const [evaluation] = (await measureModels(deps, [model], input, signal)).evaluations;
      return evaluation?.images === images ? evaluation : null;
    } catch (error) {
      // People may delete a run; a loop must not end for it.
      if (judge(error).retry) throw error;
      return null;
    }
  }

  async function trainedBefore(
    { stop }: EvaluateModelInput,
    { experimentId }: RunRef,
    cycles: number,
    signal: AbortSignal,
  ): Promise<RunRef | null> {
    if (!stop || stop.cycle <= cycles) return null;
    const key = trainingRunKey({ workflowId: stop.workflowId, cycle: stop.cycle - cycles });
    return deps.tracker.findRun({ experimentId, key }, signal);
  }
}

/** Whether a rule looks at the stop set. */
export function asksStopSet({ stop }: EvaluateModelInput): boolean {
  return stop?.rule.agreement !== undefined || stop?.rule.entropy !== undefined;
}
