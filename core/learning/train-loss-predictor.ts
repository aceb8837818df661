import { DomainError } from '../errors.ts';
import { seededRandom } from '../seeded-random.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { logOf, LossPredictor, signCount, type LearnedLosses } from './loss-predictor.ts';
import { minimise } from './minimise.ts';
import { fitSoftmax, type SoftmaxExamples } from './softmax-regression.ts';

/** Labels under which losses cannot be learned from. */
export const leastLossExamples = 10;
const folds = 5;
/** A true class with less chance than this is lost no more: one image must not outweigh all others. */
const leastChance = 1e-4;
/** What is believed before any loss is seen: the mean of the three signs that are losses themselves. */
const before = [1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0];
/** How many examples that belief counts. */
const ridge = 10;

/**
 * Learns from labelled images what a classifier over the same embeddings will lose on others. Each label's loss is measured by a classifier that has
 * not seen it (5 folds). A ridge regression then puts the logarithm of these losses down to what can be known of an image without its label: confidence
 * and entropy of the classifier, what it loses if the nearest labels are half right, the distance to them, how many have another class than the
 * predicted one, and what those lost. It shrinks to the mean of the first three, so that with few labels it orders about as entropy does.
 *
 * @param examples - As for {@link fitSoftmax}, 10 or more; embeddings with a direction, on the scale that the classifier is to see.
 * @param seed - Decides the folds. Any integer.
 * @throws {@link DomainError} for fewer examples. Never retried.
 */
export function trainLossPredictor(examples: SoftmaxExamples, seed: number): LearnedLosses {
  const { features, classes } = examples;
  const rows = Array.from(examples.rows);
  const labels = Array.from(examples.labels);
  if (rows.length < leastLossExamples)
    throw new DomainError(
      `Losses are predicted from ${leastLossExamples} labels on; there are ${rows.length}.`,
    );
  const fold = foldsOf(rows.length, seed);
  const losses = new Array<number>(rows.length);
  const parts = Array.from({ length: folds }, (_, part) => {
    const inside = rows.flatMap((_row, at) => (fold[at] === part ? [at] : []));
    const outside = rows.flatMap((_row, at) => (fold[at] === part ? [] : [at]));
    const head = fitSoftmax({ ...examples, rows: pick(rows, outside), labels: pick(labels, outside) });
    const answers = head.probabilities(features, pick(rows, inside));
    inside.forEach((at, index) => {
      const chance = answers.values[index * classes + (labels[at] ?? 0)] ?? 0;
      losses[at] = -Math.log(Math.max(chance, leastChance));
    });
    return { inside, outside, answers };
  });
  const signs = new Float64Array(rows.length * signCount);
  for (const { inside, outside, answers } of parts) {
    const known = learnedOf(features, pick(rows, outside), pick(labels, outside), pick(losses, outside));
    new LossPredictor(known).signs(features, pick(rows, inside), answers).forEach((sign, index) => {
      signs.set(sign, (inside[index] ?? 0) * signCount);
    });
  }
  return { ...learnedOf(features, rows, labels, losses), weights: [...regress(signs, losses.map(logOf))] };
}

function learnedOf(
  features: Matrix,
  rows: readonly number[],
  labels: readonly number[],
  losses: readonly number[],
): LearnedLosses {
  const { columns } = features;
  const values = new Float32Array(rows.length * columns);
  rows.forEach((row, at) => values.set(matrixRow(features, row), at * columns));
  return { vectors: { values, columns }, labels, losses, weights: before };
}

/** Ridge regression towards what was believed before; the intercept is free. */
function regress(signs: Float64Array, targets: readonly number[]): Float64Array {
  return minimise(
    (at, slope) => {
      let value = 0;
      for (let index = 0; index < signCount; index++) {
        const off = index < signCount - 1 ? (at[index] ?? 0) - (before[index] ?? 0) : 0;
        value += (ridge * off ** 2) / 2;
        slope[index] = ridge * off;
      }
      for (const [row, target] of targets.entries()) {
        const sign = signs.subarray(row * signCount, (row + 1) * signCount);
        const off = sign.reduce((sum, one, index) => sum + one * (at[index] ?? 0), -target);
        value += off ** 2 / 2;
        for (let index = 0; index < signCount; index++)
          slope[index] = (slope[index] ?? 0) + off * (sign[index] ?? 0);
      }
      return value;
    },
    Float64Array.from(before),
    { tolerance: 1e-6 * targets.length },
  );
}

/** The fold of each example, all of nearly one size. */
function foldsOf(count: number, seed: number): Int32Array {
  const random = seededRandom(seed);
  const order = Array.from({ length: count }, (_, at) => ({ at, place: random() }));
  const fold = new Int32Array(count);
  order.sort((a, b) => a.place - b.place).forEach(({ at }, place) => (fold[at] = place % folds));
  return fold;
}

function pick<T>(list: readonly T[], places: readonly number[]): T[] {
  return places.flatMap((at) => list.slice(at, at + 1));
}
