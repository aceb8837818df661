import type { ConfusionMatrix } from './confusion-matrix.ts';
import type { Interval } from './resamples.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** A share of counted things, 0..1, with its 95 % Wilson interval; null when there is nothing to count. */
export type Proportion = ({ readonly value: number } & Interval) | null;

export interface ClassMetrics {
  /** How often the class is true. */
  readonly truths: number;
  /** Share of what was called so that is so. */
  readonly precision: Proportion;
  /** Share of what is so that was called so. */
  readonly recall: Proportion;
  /** Harmonic mean of the two, 0..1; null for a class that is neither in truth nor in prediction. */
  readonly f1: number | null;
}

/** Precision, recall and F1 of each class of a confusion matrix. */
export function classMetrics(matrix: ConfusionMatrix): ClassMetrics[] {
  return matrix.map((row, index) => {
    const hits = row[index] ?? 0;
    const truths = row.reduce((sum, count) => sum + count, 0);
    const predictions = matrix.reduce((sum, other) => sum + (other[index] ?? 0), 0);
    return {
      truths,
      precision: proportion(hits, predictions),
      recall: proportion(hits, truths),
      f1: truths + predictions === 0 ? null : (2 * hits) / (truths + predictions),
    };
  });
}

function proportion(hits: number, trials: number): Proportion {
  return trials === 0 ? null : { value: hits / trials, ...wilsonInterval(hits, trials) };
}
