import { hashUnit } from '../hash.ts';
import { fitSoftmax, type SoftmaxModel } from '../learning/softmax-regression.ts';
import { classificationMetrics } from '../metrics/classification-metrics.ts';
import { confusionMatrix } from '../metrics/confusion-matrix.ts';
import { scoreArray } from '../scores/score-array.ts';
import { indexOfMax } from '../selection/index-of-max.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { select } from '../selection/select.ts';
import type { SelectionInput } from '../selection/selection-input.ts';
import { strategies } from '../selection/strategies.ts';
import type { StrategyName } from '../selection/strategy-names.ts';
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
  readonly accuracy: number;
  readonly macroRecall: number;
  /** Part of the labels that is no near-copy of another, 0..1. */
  readonly distinct: number;
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
  const labelled = firstRows(pool, plan.first, seed);
  const points: SimulationPoint[] = [];
  for (let cycle = 0; ; cycle++) {
    const model = labelled.length > 0 ? train(pool, labelled, plan) : undefined;
    if (model) points.push(measured(model, holdOut, pool, labelled));
    if (cycle === plan.cycles || labelled.length === pool.ids.length) return points;
    labelled.push(...chosen(pool, labelled, model, arm, plan.batch, `${seed}/${cycle}`));
  }
}

function firstRows(pool: LabelledSet, count: number, seed: number): number[] {
  return pool.ids
    .map((id, row) => ({ row, place: hashUnit(`${seed}/first`, id) }))
    .sort((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ row }) => row);
}

function train(
  pool: LabelledSet,
  labelled: readonly number[],
  { strength = 1 }: SimulationPlan,
): SoftmaxModel {
  return fitSoftmax({
    features: pool.embeddings,
    rows: labelled,
    labels: labelled.map((row) => pool.labels[row] ?? -1),
    classes: pool.classes.length,
    strength: strength / meanVariance(pool.embeddings),
  });
}

/** Of the columns; 1 of rows that are all the same. */
function meanVariance({ values, columns }: Matrix): number {
  const rows = values.length / columns;
  const means = new Float64Array(columns);
  for (const [at, value] of values.entries()) means[at % columns] = (means[at % columns] ?? 0) + value / rows;
  let squares = 0;
  for (const [at, value] of values.entries()) squares += (value - (means[at % columns] ?? 0)) ** 2;
  return squares === 0 ? 1 : squares / values.length;
}

function measured(
  model: SoftmaxModel,
  holdOut: LabelledSet,
  pool: LabelledSet,
  labelled: readonly number[],
): SimulationPoint {
  const answers = model.probabilities(holdOut.embeddings, allRows(holdOut));
  const predicted = holdOut.ids.map((_, row) => indexOfMax(matrixRow(answers, row)));
  const matrix = confusionMatrix([...holdOut.labels], predicted, holdOut.classes.length);
  const { accuracy, macroRecall } = classificationMetrics(matrix);
  const groups = new Set(labelled.map((row) => pool.groups[row]));
  return { labels: labelled.length, accuracy, macroRecall, distinct: groups.size / labelled.length };
}

function chosen(
  pool: LabelledSet,
  labelled: readonly number[],
  model: SoftmaxModel | undefined,
  arm: SimulationArm,
  size: number,
  seed: string,
): number[] {
  const probabilities = model?.probabilities(pool.embeddings, allRows(pool));
  const input: SelectionInput = {
    ids: pool.ids,
    labelled,
    embeddings: pool.embeddings,
    ...(probabilities && { probabilities, informativeness: informativeness(probabilities, arm) }),
  };
  const rules = { size, seed, options: { classes: pool.classes.length } };
  const strategy = arm.strategy && (canRun(arm.strategy, input) ? arm.strategy : 'random');
  return select(input, { ...rules, ...(strategy && { strategy }) }).chosen.map(({ row }) => row);
}

/** Not before there is a model, if it needs one. */
function canRun(strategy: StrategyName, input: SelectionInput): boolean {
  return strategies[strategy].needs.every((need) => input[need]);
}

function informativeness({ values, columns }: Matrix, { score }: SimulationArm): Float64Array {
  const scored = scoreArray({ shape: [values.length / columns, columns], data: values }, [score]);
  return Float64Array.from(scored.array.data);
}

function allRows({ ids }: LabelledSet): number[] {
  return ids.map((_, row) => row);
}
