import { cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';
import type { LabelScheme } from '../core/answers/answers.ts';
import { armGain, poolLoss } from '../core/arm-gain.ts';
import { judge } from '../core/errors.ts';
import { judgeChallenge, type Challenge } from '../core/evaluation/challenge.ts';
import type { Evaluation } from '../core/evaluation/evaluation.ts';
import { signMetrics, type Signs } from '../core/evaluation/signs.ts';
import { percentile, percentileInterval, type Interval } from '../core/metrics/resamples.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import type { LoadedModel, RunRef } from '../core/ports.ts';
import { stopDecision } from '../core/stop-rule.ts';
import type { StopFacts } from '../core/stop-checks.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { armAnswers } from './arm-answers.ts';
import { stopSetTag } from './ask-stop-set.ts';
import { keepAlive } from './keep-alive.ts';
import { asksStopSet, lookingBack } from './look-back.ts';
import { measureModels } from './measure-models.ts';
import { modelFolder } from './model-folder.ts';
import { learnsLosses, lossesOf } from './predicted-losses.ts';
import { resampleEvaluations } from './resample-evaluations.ts';

export interface EvaluateModelInput {
  readonly loop: string;
  readonly runId: string;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly scheme: LabelScheme;
  readonly seed: number;
  /** Base of the metric timestamps: the same for every attempt. */
  readonly startTimeMs: number;
  /** The loop asks by predicted losses: how well they are predicted is measured too. */
  readonly predictsLosses?: boolean;
  /** What the loop ends by, and what its rules need beside the measurement; absent: nothing is decided. */
  readonly stop?: { readonly workflowId: string; readonly rule: LoopSpec['stop'] } & Omit<
    StopFacts,
    'metric' | 'gain' | 'entropy' | 'nowMs'
  >;
}

/** MLflow takes no longer tag. */
const longestTag = 5000;

const resultSchema = z.object({
  /** Hold-out images measured. */
  holdOut: z.number(),
  /** What the loop is judged by. */
  metric: z.object({ name: z.string(), value: z.number(), low: z.number(), high: z.number() }),
  /** Further metrics by name, −1..1. */
  others: z.record(z.string(), z.number()),
  unreadable: z.number(),
  /** What else the loop is judged by, where it is known. */
  signs: z
    .object({
      /** Agreement with the model of the cycle before, on the stop set. */
      kappa: z.number().optional(),
      /** Mean over the stop set, 0..1. */
      entropy: z.number().optional(),
      /** Over the model of `stop.plateau.cycles` before. */
      gain: z.object({ value: z.number(), atMost: z.number() }).optional(),
      /** What the strategy found beyond the live random arm. */
      arm: z.object({ chosen: z.number(), random: z.number(), low: z.number(), high: z.number() }).optional(),
    })
    .optional(),
  /** Whose model the loop goes on with: this one's, or an earlier one's. */
  champion: z.object({
    runId: z.string(),
    /** Null: a model of no cycle, which a person made champion. */
    cycle: z.number().nullable(),
    /** What the new model is beside it, with numbers: `significantly worse than …`. */
    reason: z.string(),
  }),
});
export type EvaluateModelResult = z.output<typeof resultSchema>;

/** Tag of a run whose metrics are complete; its value is the step's result. */
const doneTag = 'labelloop.evaluated';

/** A model that is loaded, and whose it is. */
interface Contender {
  readonly run: RunRef;
  readonly model: LoadedModel;
}

/** What was found out about a run's model. */
interface Findings {
  readonly evaluation: Evaluation;
  /** 95 %, of the evaluation's statistics. */
  readonly intervals: readonly Interval[];
  readonly unreadable: number;
  /** PNG by name. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
  readonly champion: EvaluateModelResult['champion'];
  /** Absent when there was no champion to be measured. */
  readonly challenge?: Challenge & { readonly championRunId: string };
  readonly signs: Signs;
  /** The newest champions' mean loss on the pool, by the live random arm; null without it. */
  readonly pool: ReturnType<typeof poolLoss>;
}

export function evaluateModelActivity(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'runner' | 'plots' | 'workDir' | 'losses'>,
) {
  const { tracker, runner, plots } = deps;
  const { stopSetFindings, earlierEvaluation } = lookingBack(deps);
  return {
    /**
     * Measures a run's model on the annotated hold-out, which was drawn at random and was never selectable: macro recall, or mAP for
     * objects, with its 95 % bootstrap interval, and each class. Then lets it challenge the champion, which is measured on the same images;
     * see {@link judgeChallenge}. All is logged to the run, with pictures. Key: the run, whose tag holds the result, so that no later
     * attempt decides again.
     *
     * @throws {@link DomainError} when the hold-out has no annotation: final.
     */
    async evaluateModel(input: EvaluateModelInput): Promise<EvaluateModelResult> {
      const signal = cancellationSignal();
      const run = await tracker.getRun(input.runId, signal);
      const done = run.tags[doneTag];
      const result =
        done === undefined
          ? await publish(input, run, await measure(input, run, signal), signal)
          : resultSchema.parse(JSON.parse(done));
      if (result.champion.runId === run.runId) await tracker.setChampion({ name: input.loop, run }, signal);
      return result;
    },
  };

  async function measure(input: EvaluateModelInput, run: RunRef, signal: AbortSignal): Promise<Findings> {
    const newcomer = { run, model: await load(run.runId, signal) };
    const answers = await armAnswers(deps.engine, input.datasource.id, signal);
    const arm = armGain(answers);
    const stopSet = await stopSetFindings(input, newcomer, signal);
    const seat = await champion(input, run, signal);
    const contenders = typeof seat === 'string' ? [newcomer] : [newcomer, seat];
    const models = contenders.map(({ model }) => model);
    const losses = await lossesOfNewcomer(input, newcomer, signal);
    const { evaluations, unreadable } = await measureModels(deps, models, { ...input, losses }, signal);
    const [evaluation, championEvaluation] = evaluations;
    if (!evaluation) throw new Error('No model was measured.');
    const earlier = await earlierEvaluation(input, run, evaluation, signal);
    const all = earlier ? [...evaluations, earlier] : evaluations;
    const [resampled, pictures] = await keepAlive(
      Promise.all([resampleEvaluations(all, input.seed), draw(evaluation, signal)]),
    );
    const [statistics = [], [championMetric = []] = []] = resampled;
    const differences = (of: readonly number[] = []) =>
      (statistics[0] ?? []).map((value, resample) => value - (of[resample] ?? NaN));
    const gain = earlier && {
      value: evaluation.metric.value - earlier.metric.value,
      atMost: percentile(differences(resampled.at(-1)?.[0]), 0.95),
    };
    const found = {
      evaluation,
      unreadable,
      intervals: statistics.map(percentileInterval),
      pictures,
      signs: {
        ...stopSet,
        // Of a hold-out without any object no resample has a metric.
        ...(gain && !Number.isNaN(gain.atMost) && { gain }),
        ...(arm && { arm }),
      },
      pool: poolLoss(answers),
    };
    if (typeof seat === 'string') return { ...found, champion: { ...identity(run), reason: seat } };
    if (!championEvaluation) throw new Error('The champion was not measured.');

    const challenge = judgeChallenge({
      metric: evaluation.metric.name,
      difference: evaluation.metric.value - championEvaluation.metric.value,
      resampled: differences(championMetric),
      champion: modelName(seat.run),
    });
    const winner = challenge.becomesChampion ? run : seat.run;
    return {
      ...found,
      champion: { ...identity(winner), reason: challenge.reason },
      challenge: { ...challenge, championRunId: seat.run.runId },
    };
  }

  async function lossesOfNewcomer(input: EvaluateModelInput, newcomer: Contender, signal: AbortSignal) {
    const { predictsLosses = false, scheme } = input;
    if (!predictsLosses || !learnsLosses(newcomer.model, scheme)) return undefined;
    return keepAlive(lossesOf(deps, newcomer, input, signal));
  }

  /** The champion, or why there is none that could be challenged. */
  async function champion(
    { loop, scheme }: EvaluateModelInput,
    run: RunRef,
    signal: AbortSignal,
  ): Promise<Contender | string> {
    const seated = await tracker.findChampion({ name: loop, experimentId: run.experimentId }, signal);
    if (!seated || seated.runId === run.runId) return 'the first model';
    try {
      const model = await load(seated.runId, signal);
      if ([...model.classes].sort().join('\n') === [...scheme.classes].sort().join('\n'))
        return { run: seated, model };
      return `without a rival, as ${modelName(seated)} knows other classes`;
    } catch (error) {
      // People may delete a run; a loop must not end for it.
      if (judge(error).retry) throw error;
      const why = error instanceof Error ? error.message : String(error);
      return `without a rival, as ${modelName(seated)} cannot be had: ${why}`;
    }
  }

  async function draw(evaluation: Evaluation, signal: AbortSignal): Promise<Map<string, Uint8Array>> {
    const wanted = Object.entries(evaluation.plots());
    const specifications = wanted.map(([, specification]) => specification);
    const drawn = await plots.png(specifications, signal);
    return new Map(drawn.map((picture, index) => [wanted[index]?.[0] ?? '', picture]));
  }

  async function load(runId: string, signal: AbortSignal): Promise<LoadedModel> {
    return runner.load(await modelFolder(deps, runId, signal));
  }

  /** Logs all to the run; the tag comes last and makes the evaluation complete. */
  async function publish(
    input: EvaluateModelInput,
    run: RunRef,
    { evaluation, intervals, unreadable, pictures, champion: winner, challenge, signs, pool }: Findings,
    signal: AbortSignal,
  ): Promise<EvaluateModelResult> {
    const { images, metric, others, logged } = evaluation;
    const interval = intervals[0] && !Number.isNaN(intervals[0].low) ? intervals[0] : unknown;
    const measured = { ...metric, ...interval };
    const result: EvaluateModelResult = {
      holdOut: images,
      metric: { name: metric.name, ...rounded({ value: metric.value, ...interval }) },
      others: rounded(others),
      unreadable,
      ...(Object.keys(signs).length > 0 && { signs: rounded(signs) }),
      champion: winner,
    };
    const decision = input.stop && stopDecision(input.stop.rule, stopFacts(input.stop, result));
    const report = {
      images,
      unreadable,
      metric: measured,
      ...evaluation.report(intervals),
      champion: winner,
      ...(challenge && { challenge }),
      ...signs,
      ...(pool && { pool }),
      ...(decision !== undefined && { stop: decision }),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(report, null, 2));
    await tracker.putArtifact({ run, path: 'evaluation.json', bytes }, signal);
    for (const [name, picture] of pictures)
      await tracker.putArtifact({ run, path: `plots/${name}.png`, bytes: picture }, signal);

    const [mainKey = ''] = Object.keys(logged);
    const metrics = Object.entries({
      ...logged,
      [`${mainKey}_low`]: interval.low,
      [`${mainKey}_high`]: interval.high,
      holdout_images: images,
      ...(challenge && {
        holdout_challenge_difference: challenge.difference,
        holdout_challenge_at_most: challenge.atMost,
      }),
      ...signMetrics(signs, pool),
    }).map(([key, value]) => ({ key, value, step: 0, timestampMs: input.startTimeMs }));
    await tracker.logBatch(run.runId, { metrics }, signal);

    const tags = {
      'labelloop.challenge': winner.reason,
      ...(evaluation.warning !== undefined && { 'labelloop.warning': evaluation.warning }),
      ...(decision !== undefined && { 'labelloop.stop': decision.slice(0, longestTag) }),
      ...(asksStopSet(input) && { [stopSetTag]: 'stop-set.json' }),
      ...(challenge && { 'labelloop.challenged': challenge.championRunId }),
      [doneTag]: JSON.stringify(result),
    };
    await tracker.logBatch(run.runId, { tags }, signal);
    return result;
  }
}

function stopFacts(
  { workflowId: _, rule: __, ...facts }: NonNullable<EvaluateModelInput['stop']>,
  { metric, signs = {} }: EvaluateModelResult,
): StopFacts {
  const kappas = [...facts.kappas, signs.kappa ?? []].flat();
  return { ...facts, metric, ...signs, kappas, nowMs: Date.now() };
}

/** Of a metric that no resample has: of a hold-out without any object. */
const unknown: Interval = { low: 0, high: 1 };

function identity({ runId, tags }: RunRef): { runId: string; cycle: number | null } {
  const cycle = tags['labelloop.cycle'];
  return { runId, cycle: cycle === undefined ? null : Number(cycle) };
}

function modelName(run: RunRef): string {
  const { runId, cycle } = identity(run);
  return cycle === null ? `the model of run ${runId.slice(0, 8)}` : `cycle ${cycle}'s model`;
}

/** To four places: the result stands in every later event of the loop, and MLflow has the numbers in full. */
function rounded<Values extends object>(values: Values): Values {
  const places = (value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : rounded(value as object);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, places(value)])) as Values;
}
