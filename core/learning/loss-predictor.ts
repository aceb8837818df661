import { entropyNats } from '../scores/entropy.ts';
import { indexOfMax } from '../selection/index-of-max.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { unitDistance, UnitVectors } from '../selection/unit-vectors.ts';
import type { VectorRows } from '../selection/vector-rows.ts';
import { nearestRows } from './nearest-rows.ts';

/** What {@link trainLossPredictor} learned: plain numbers. */
export interface LearnedLosses {
  /** `[labelled][columns]`. */
  readonly vectors: Matrix;
  /** `[labelled]`: the class, by its place among the classes. */
  readonly labels: readonly number[];
  /** `[labelled]`: in nats, of a classifier that had not seen it. */
  readonly losses: readonly number[];
  /** `[signs]`, see {@link LossPredictor.signs}. */
  readonly weights: readonly number[];
}

/** Neighbours whose labels are held against the predicted class. */
const neighbours = 5;
/** Neighbours whose labels are taken for a belief, and how fast one that is less alike counts less: by e a step of the cosine. */
const believed = 30;
const believedStep = 0.005;
/** Added to a loss before its logarithm is learned, in nats. */
const offset = 1e-4;
/** A chance of 0 has no logarithm. */
const leastChance = 1e-12;

/** See {@link LossPredictor.signs}; a 1 for the intercept is the last. */
export const signCount = 7;

/** Predicts what a classifier loses on images without labels. */
export class LossPredictor {
  readonly #learned: Pick<LearnedLosses, 'labels' | 'losses' | 'weights'>;
  /** The labelled ones' unit vectors, and room for one that is asked about. */
  readonly #rows: VectorRows;

  constructor({ vectors, ...learned }: LearnedLosses) {
    this.#learned = learned;
    const all = Int32Array.from(learned.labels, (_, row) => row);
    this.#rows = new UnitVectors(vectors).gather([all], 1);
  }

  /**
   * Predicted cross-entropies in nats, 0 or more, in the order of `rows`.
   *
   * @param embeddings - Of the same model as the labelled ones, shard by shard if need be.
   * @param answers - `[rows][classes]`: the classifier's probabilities.
   */
  predict(embeddings: Matrix, rows: ArrayLike<number>, answers: Matrix): Float64Array {
    const { weights } = this.#learned;
    return Float64Array.from(this.signs(embeddings, rows, answers), (sign) =>
      Math.max(0, Math.exp(sign.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0)) - offset),
    );
  }

  /** What can be known of images without their labels: `[rows][signs]`, signs of what a classifier will lose. */
  signs(embeddings: Matrix, rows: ArrayLike<number>, answers: Matrix): Float64Array[] {
    const asked = new UnitVectors(embeddings);
    const { labels, losses } = this.#learned;
    return Array.from(rows, (row, index) => {
      asked.write(row, this.#rows, labels.length);
      const near = nearestRows(this.#rows.dots(labels.length, 0, labels.length), believed);
      const answer = matrixRow(answers, index);
      const predicted = indexOfMax(answer);
      const nearest = near.slice(0, neighbours);
      const others = nearest.filter(({ at }) => labels[at] !== predicted).length;
      const theirs = nearest.reduce((sum, { at }) => sum + logOf(losses[at] ?? 0), 0);
      return Float64Array.of(
        // What it loses if it is right.
        logOf(-Math.log(answer[predicted] ?? 0)),
        logOf(entropyNats(answer, 0, answer.length)),
        logOf(lossByNeighbours(answer, near, labels)),
        unitDistance(near[0]?.dot ?? -1),
        others / nearest.length,
        theirs / nearest.length,
        1,
      );
    });
  }
}

/** What it loses in the mean, if its own belief and the labels most alike are right half and half. */
function lossByNeighbours(
  answer: Float32Array | Float64Array,
  near: ReturnType<typeof nearestRows>,
  labels: readonly number[],
): number {
  const belief = new Float64Array(answer.length);
  let sum = 0;
  for (const { at, dot } of near) {
    const weight = Math.exp((dot - (near[0]?.dot ?? 0)) / believedStep);
    const label = labels[at] ?? 0;
    belief[label] = (belief[label] ?? 0) + weight;
    sum += weight;
  }
  let loss = 0;
  for (const [one, p] of answer.entries())
    loss -= (((belief[one] ?? 0) / sum + p) / 2) * Math.log(Math.max(p, leastChance));
  return loss;
}

/** The scale on which losses are learned: orders of magnitude, down to 1e-4. */
export function logOf(loss: number): number {
  return Math.log(Math.max(loss, 0) + offset);
}
