import { hashUnit } from '../hash.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { meanVariance } from './mean-variance.ts';
import { fitSoftmax } from './softmax-regression.ts';

/** Parts that examples are left out by, one after the other. */
const parts = 5;

/** Of the regressions, for features of a mean variance of 1: a tenth of the usual, as some of the labels are wrong (docs/decisions.md). */
const strengthOfUnit = 0.1;

/** Examples with labels, and rows without. */
export interface JudgedRows {
  /** `[rows][columns]`, finite where a row is named. */
  readonly features: Matrix;
  readonly examples: readonly { readonly id: string; readonly row: number; readonly label: number }[];
  readonly others: readonly number[];
  readonly classes: number;
  readonly seed: string;
}

/**
 * What classifiers say that have not seen a row's own label, on one scale with what they say of rows without: the examples are shared out, each class
 * evenly, to five parts (fewer of fewer examples), and those of a part are judged by a softmax regression on the others; rows without a label by the
 * mean of all five. A model that learnt a label is too sure of it to tell a wrong one.
 *
 * @returns `[examples][classes]` and `[others][classes]`, distributions, in the orders given; the same for examples in any order.
 * @throws DomainError for fewer than two examples. Never retried.
 */
export function unseenProbabilities({ features, examples, others, classes, seed }: JudgedRows): {
  examples: number[][];
  others: number[][];
} {
  const placed = examples
    .map((one, at) => ({ ...one, at, place: hashUnit(`${seed}/part`, one.id) }))
    .sort((a, b) => a.label - b.label || a.place - b.place || (a.id < b.id ? -1 : 1));
  const count = Math.min(parts, placed.length);
  const strength = strengthOfUnit / meanVariance(rowsOf(features, placed));
  const own = new Array<number[]>(examples.length);
  const means = others.map(() => new Array<number>(classes).fill(0));
  for (let part = 0; part < count; part++) {
    const learned = placed.filter((_, index) => index % count !== part);
    const left = placed.filter((_, index) => index % count === part);
    const model = fitSoftmax({
      features,
      rows: learned.map(({ row }) => row),
      labels: learned.map(({ label }) => label),
      classes,
      strength,
    });
    const judge = (rows: readonly number[]) => model.probabilities(features, rows);
    const ofLeft = judge(left.map(({ row }) => row));
    left.forEach(({ at }, index) => (own[at] = [...matrixRow(ofLeft, index)]));
    const ofOthers = judge(others);
    for (const [index, row] of means.entries())
      matrixRow(ofOthers, index).forEach((p, one) => (row[one] = (row[one] ?? 0) + p / count));
  }
  return { examples: own, others: means };
}

function rowsOf(features: Matrix, examples: readonly { readonly row: number }[]): Matrix {
  const { columns } = features;
  const values = new Float64Array(examples.length * columns);
  examples.forEach(({ row }, index) => values.set(matrixRow(features, row), index * columns));
  return { values, columns };
}
