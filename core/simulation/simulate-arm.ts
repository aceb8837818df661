import { hash53, hashUnit } from '../hash.ts';
import { LossPredictor } from '../learning/loss-predictor.ts';
import { lossRanking, type LossRanking } from '../learning/loss-ranking.ts';
import { meanVariance } from '../learning/mean-variance.ts';
import { leastLossExamples, trainLossPredictor } from '../learning/train-loss-predictor.ts';
import { fitPresence, type PresenceModel } from '../learning/presence-model.ts';
import { fitSoftmax, type SoftmaxExamples, type SoftmaxModel } from '../learning/softmax-regression.ts';
import { classificationMetrics } from '../metrics/classification-metrics.ts';
import { confusionMatrix } from '../metrics/confusion-matrix.ts';
import { presenceMetrics } from '../metrics/presence-metrics.ts';
import { entropy } from '../scores/entropy.ts';
import { predictedLossScores } from '../scores/predicted-loss.ts';
import { scoreArray } from '../scores/score-array.ts';
import { indexOfMax } from '../selection/index-of-max.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { select } from '../selection/select.ts';
import type { SelectionInput } from '../selection/selection-input.ts';
import { strategies } from '../selection/strategies.ts';
import { rowsOfSet, type LabelledSet } from './labelled-set.ts';
import type { SimulationArm } from './simulation-arm.ts';
import { simulationSplit, type SplitPlan } from './simulation-split.ts';

export interface SimulationPlan extends SplitPlan {
  /** Images asked before the first training, at random and the same for every arm; 0 lets the strategy choose from the start. */
  readonly first: number;
  readonly batch: number;
  readonly cycles: number;
  /** {@link SoftmaxExamples}' own, for embeddings scaled as a whole so that their columns' mean variance is 1; 1 by default. */
  readonly strength?: number;
}

/** A model on the hold-out, and what its labels were. */
export interface SimulationPoint {
  readonly labels: number;
  /** Of images with one class each, as the macro recall. */
  readonly accuracy?: number;
  readonly macroRecall?: number;
  /** Of images with classes that go together, as the macro F1. */
  readonly macroAP?: number;
  readonly macroF1?: number;
  /** Part of the labels that is no near-copy of another, 0..1. */
  readonly distinct: number;
  /** How well losses were predicted on the hold-out, of an arm that goes by them. */
  readonly lossRanking?: LossRanking;
}

/** A model, and of an arm that goes by predicted losses what predicts them. */
interface Trained {
  readonly model: SoftmaxModel | PresenceModel;
  readonly predictor?: LossPredictor;
}

/**
 * One loop that never waits: trains, measures, asks, and has its answers at once, `cycles` times. A pure function of what it is given; arms of one
 * seed have the hold-out, the pool and the first images in common, so that their differences are paired.
 *
 * @returns A point for each training; fewer than asked when the pool is used up.
 */
export function simulateArm(
  set: LabelledSet,
  arm: SimulationArm,
  plan: SimulationPlan,
  seed: number,
): SimulationPoint[] {
  const split = simulationSplit(set, plan, seed);
  const pool = rowsOfSet(set, split.pool);
  const holdOut = rowsOfSet(set, split.holdOut);
  const strength = (plan.strength ?? 1) / meanVariance(pool.embeddings);
  const labelled = firstRows(pool, plan.first, seed);
  const points: SimulationPoint[] = [];
  for (let cycle = 0; ; cycle++) {
    const trained =
      labelled.length > 0
        ? train(pool, examplesOf(pool, labelled, strength), arm, `${seed}/${cycle}`)
        : undefined;
    if (trained) points.push({ ...labelsOf(pool, labelled), ...measured(trained, holdOut) });
    if (cycle === plan.cycles || labelled.length === pool.ids.length) return points;
    labelled.push(...chosen(pool, labelled, trained, arm, plan.batch, `${seed}/${cycle}`));
  }
}

function firstRows(pool: LabelledSet, count: number, seed: number): number[] {
  return pool.ids
    .map((id, row) => ({ row, place: hashUnit(`${seed}/first`, id) }))
    .sort((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ row }) => row);
}

function examplesOf(pool: LabelledSet, labelled: readonly number[], strength: number): SoftmaxExamples {
  const labels = labelled.map((row) => pool.labels[row] ?? -1);
  return { features: pool.embeddings, rows: labelled, labels, classes: pool.classes.length, strength };
}

function train(
  { presence }: LabelledSet,
  examples: SoftmaxExamples,
  { score }: SimulationArm,
  seed: string,
): Trained {
  if (presence)
    return {
      model: fitPresence({ ...examples, presence: Array.from(examples.rows, (row) => presence[row] ?? []) }),
    };
  const model = fitSoftmax(examples);
  if (score !== 'predicted-loss' || examples.rows.length < leastLossExamples) return { model };
  return { model, predictor: new LossPredictor(trainLossPredictor(examples, hash53(seed))) };
}

function labelsOf(pool: LabelledSet, labelled: readonly number[]): { labels: number; distinct: number } {
  const groups = new Set(labelled.map((row) => pool.groups[row]));
  return { labels: labelled.length, distinct: groups.size / labelled.length };
}

function measured({ model, predictor }: Trained, holdOut: LabelledSet) {
  const rows = allRows(holdOut);
  const { values, columns } = model.probabilities(holdOut.embeddings, rows);
  if (holdOut.presence)
    return presenceMetrics(
      holdOut.presence,
      rows.map((row) => [...matrixRow({ values, columns }, row)]),
    );
  const predicted = rows.map((row) => indexOfMax(matrixRow({ values, columns }, row)));
  const matrix = confusionMatrix([...holdOut.labels], predicted, columns);
  const { accuracy, macroRecall } = classificationMetrics(matrix);
  if (!predictor) return { accuracy, macroRecall };
  const ranking = lossRanking({
    predicted: predictor.predict(holdOut.embeddings, rows, { values, columns }),
    entropies: rows.map((row) => entropy(values, row * columns, columns)),
    losses: rows.map((row) => -Math.log(values[row * columns + (holdOut.labels[row] ?? 0)] ?? 0)),
  });
  return { accuracy, macroRecall, lossRanking: ranking };
}

function chosen(
  pool: LabelledSet,
  labelled: readonly number[],
  trained: Trained | undefined,
  arm: SimulationArm,
  size: number,
  seed: string,
): number[] {
  const probabilities = trained?.model.probabilities(pool.embeddings, allRows(pool));
  const informativeness = trained && probabilities && informativenessOf(trained, probabilities, pool, arm);
  const input: SelectionInput = {
    ids: pool.ids,
    labelled,
    embeddings: pool.embeddings,
    // Of classes that go together they are no distribution.
    ...(probabilities && !pool.presence && { probabilities }),
    ...(informativeness && { informativeness }),
  };
  const rules = { size, seed, options: { classes: pool.classes.length } };
  // At random while the strategy needs what there is no model for yet.
  const canRun = !arm.strategy || strategies[arm.strategy].needs.every((need) => input[need]);
  const strategy = canRun ? arm.strategy : 'random';
  return select(input, { ...rules, ...(strategy && { strategy }) }).chosen.map(({ row }) => row);
}

/** Absent while there are too few labels to predict losses from. */
function informativenessOf(
  { predictor }: Trained,
  { values, columns }: Matrix,
  pool: LabelledSet,
  { score }: SimulationArm,
): Float64Array | undefined {
  if (score !== 'predicted-loss')
    return Float64Array.from(
      scoreArray({ shape: [values.length / columns, columns], data: values }, [score]).array.data,
    );
  return (
    predictor &&
    Float64Array.from(
      predictedLossScores(predictor.predict(pool.embeddings, allRows(pool), { values, columns })),
    )
  );
}

function allRows({ ids }: LabelledSet): number[] {
  return ids.map((_, row) => row);
}
