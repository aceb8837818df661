import type { UnitVectors } from './unit-vectors.ts';
import type { Matrix } from './matrix.ts';

/** What a strategy may know of the pool. Rows are indices into the arrays; an array is there if the strategy says it needs it. */
export interface StrategyInput {
  /** Rows that may be chosen, in an order that their ids and the seed alone decide. Ties go by it. */
  readonly candidates: Int32Array;
  /** Rows that people have labelled, or that are chosen already; in such an order too. */
  readonly centres: Int32Array;
  /** Candidates that will be taken, most likely: what sizes and numbers of clusters go by. */
  readonly size: number;
  /** Candidates that will be taken at most. */
  readonly limit: number;
  /** `[rows]`, finite, higher is chosen first. */
  readonly informativeness?: Float64Array;
  /** `[rows][classes]`, each row a distribution. */
  readonly probabilities?: Matrix;
  readonly embeddings?: UnitVectors;
  readonly options: StrategyOptions;
  /** Numbers in 0..1 (1 excluded) from the seed. */
  readonly random: () => number;
}

export interface StrategyOptions {
  /** `two-stage`: candidates of the second stage, as times the batch. 1 or more. */
  readonly beta: number;
  /** `ranked-batch`: weight of the distance, against that of the score. 0..1. */
  readonly alpha: number;
  /** `product`: exponents of its two objectives, 0 or more; 0 leaves one out. */
  readonly strengths: { readonly score: number; readonly distance: number };
  /** `typiclust`: neighbours that typicality looks at. 1 or more. */
  readonly neighbours: number;
  /** `probcover`: radius of a ball, as Euclidean distance of unit vectors; absent: by the purity rule. Above 0, at most 2. */
  readonly radius?: number;
  /** `probcover`: share of balls that the radius found by itself must leave within one cluster. 0..1. */
  readonly purity: number;
  /** `probcover`: clusters that purity is judged by: the classes there are. 2 or more. */
  readonly classes: number;
}

export const defaultStrategyOptions: StrategyOptions = {
  beta: 10,
  alpha: 0.5,
  strengths: { score: 1, distance: 1 },
  neighbours: 20,
  purity: 0.95,
  classes: 10,
};

/**
 * A way to choose. It proposes candidate rows, each once and best first, and is told of each whether it was taken; one that was is a
 * centre from then on. So the quotas and the guard against near-duplicates work with every strategy.
 */
export type Strategy = (input: StrategyInput) => Generator<number, void, boolean>;
