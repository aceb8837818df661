import { DomainError } from '../errors.ts';
import { seededRandom } from '../seeded-random.ts';
import { entropyNats } from '../scores/entropy.ts';
import { indexOfMax } from '../selection/index-of-max.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { unitDistance, UnitVectors } from '../selection/unit-vectors.ts';
import { minimise } from './minimise.ts';
import { fitSoftmax, type SoftmaxExamples, type SoftmaxModel } from './softmax-regression.ts';

/** Labels under which losses cannot be learned from. */
export const leastLossExamples = 10;
const folds = 5;
const neighbours = 5;
/** A true class with less chance than this is lost no more: one image must not outweigh all others. */
const leastChance = 1e-4;
/** Added to a loss before its logarithm is learned, in nats. */
const offset = 1e-4;
/** How much small coefficients count, against one example. */
const ridge = 1;

/**
 * Learns from labelled images what a classifier over the same embeddings will lose on others. Each label's loss is measured by a classifier that has
 * not seen it (5 folds); a small ridge regression then puts the logarithm of these losses down to what can be known of an image without
 * its label: entropy and confidence of the classifier, distance to the labelled images, how many of the nearest five have another class than
 * the predicted one, and what those lost.
 *
 * @param examples - As for {@link fitSoftmax}, 10 or more; embeddings with a direction, on the scale that the classifier is to see.
 * @param seed - Decides the folds. Any integer.
 * @throws {@link DomainError} for fewer examples. Never retried.
 */
export function trainLossPredictor(examples: SoftmaxExamples, seed: number): LossPredictor {
  const { features, classes } = examples;
  const rows = Array.from(examples.rows);
  const labels = Array.from(examples.labels);
  if (rows.length < leastLossExamples)
    throw new DomainError(
      `Losses are predicted from ${leastLossExamples} labels on; there are ${rows.length}.`,
    );
  const fold = foldsOf(rows.length, seed);
  const parts = Array.from({ length: folds }, (_, part) => {
    const inside = rows.flatMap((_, at) => (fold[at] === part ? [at] : []));
    const outside = rows.flatMap((_, at) => (fold[at] === part ? [] : [at]));
    const head = fitSoftmax({ ...examples, rows: pick(rows, outside), labels: pick(labels, outside) });
    return { inside, outside, head };
  });
  const losses = new Float64Array(rows.length);
  for (const { inside, head } of parts) {
    const answers = head.probabilities(features, pick(rows, inside));
    inside.forEach((at, index) => {
      const chance = answers.values[index * classes + (labels[at] ?? 0)] ?? 0;
      losses[at] = -Math.log(Math.max(chance, leastChance));
    });
  }
  const known = rows.map((row, at) => ({ row, label: labels[at] ?? -1, loss: losses[at] ?? NaN }));
  const signs = new Float64Array(rows.length * signCount);
  for (const { inside, outside, head } of parts)
    signsOf(features, pick(rows, inside), head, features, pick(known, outside)).forEach((sign, index) =>
      signs.set(sign, (inside[index] ?? 0) * signCount),
    );
  const weights = regress(signs, losses.map(logOf));
  return new LossPredictor(fitSoftmax(examples), features, known, weights);
}

/** What {@link trainLossPredictor} learned. */
export class LossPredictor {
  /** The classifier whose losses are predicted, trained on all labels. */
  readonly head: SoftmaxModel;
  readonly #labelled: Matrix;
  readonly #known: readonly KnownLoss[];
  readonly #weights: Float64Array;

  constructor(head: SoftmaxModel, labelled: Matrix, known: readonly KnownLoss[], weights: Float64Array) {
    this.head = head;
    this.#labelled = labelled;
    this.#known = known;
    this.#weights = weights;
  }

  /**
   * Predicted cross-entropies in nats, 0 or more, in the order of `rows`.
   *
   * @param embeddings - Of the same model as the labelled ones, shard by shard if need be.
   */
  predict(embeddings: Matrix, rows: ArrayLike<number>): Float64Array {
    const signs = signsOf(embeddings, Array.from(rows), this.head, this.#labelled, this.#known);
    return Float64Array.from(signs, (sign) => Math.max(0, Math.exp(weighted(sign, this.#weights)) - offset));
  }
}

interface KnownLoss {
  readonly row: number;
  readonly label: number;
  /** Of a classifier that had not seen it. */
  readonly loss: number;
}

/** See {@link signsOf}; a 1 for the intercept is the last. */
const signCount = 6;

/** What can be known of images without their labels: signs of what a classifier will lose. */
function signsOf(
  embeddings: Matrix,
  rows: readonly number[],
  head: SoftmaxModel,
  labelled: Matrix,
  known: readonly KnownLoss[],
): Float64Array[] {
  const answers = head.probabilities(embeddings, rows);
  const asked = new UnitVectors(embeddings);
  const vectors = new UnitVectors(labelled).gather([Int32Array.from(known, ({ row }) => row)], 1);
  return rows.map((row, index) => {
    asked.write(row, vectors, known.length);
    const dots = vectors.dots(known.length, 0, known.length);
    const nearest = Array.from(dots, (dot, at) => ({ dot, at }))
      .sort((a, b) => b.dot - a.dot || a.at - b.at)
      .slice(0, neighbours);
    const predicted = indexOfMax(matrixRow(answers, index));
    const others = nearest.filter(({ at }) => known[at]?.label !== predicted).length;
    const theirs = nearest.reduce((sum, { at }) => sum + logOf(known[at]?.loss ?? 0), 0);
    const answer = matrixRow(answers, index);
    return Float64Array.of(
      // What it loses if it is right.
      logOf(-Math.log(answer[predicted] ?? 0)),
      logOf(entropyNats(answer, 0, head.classes)),
      unitDistance(nearest[0]?.dot ?? -1),
      others / nearest.length,
      theirs / nearest.length,
      1,
    );
  });
}

/** Ridge regression; the intercept is not held small. */
function regress(signs: Float64Array, targets: Float64Array): Float64Array {
  return minimise(
    (at, slope) => {
      let value = 0;
      for (let index = 0; index < signCount; index++) {
        const weight = index < signCount - 1 ? (at[index] ?? 0) : 0;
        value += (ridge * weight ** 2) / 2;
        slope[index] = ridge * weight;
      }
      for (const [row, target] of targets.entries()) {
        const sign = signs.subarray(row * signCount, (row + 1) * signCount);
        const off = weighted(sign, at) - target;
        value += off ** 2 / 2;
        for (let index = 0; index < signCount; index++)
          slope[index] = (slope[index] ?? 0) + off * (sign[index] ?? 0);
      }
      return value;
    },
    new Float64Array(signCount),
    { tolerance: 1e-6 * targets.length },
  );
}

function logOf(loss: number): number {
  return Math.log(Math.max(loss, 0) + offset);
}

function weighted(sign: Float64Array, weights: Float64Array): number {
  return sign.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);
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
