import type { ConfusionMatrix } from './confusion-matrix.ts';

export interface ClassificationMetrics {
  /** Share of right answers, 0..1. */
  readonly accuracy: number;
  /** Mean recall of the classes that occur (balanced accuracy), 0..1. */
  readonly macroRecall: number;
  /** Mean F1 of the classes that occur in truth or prediction, 0..1. */
  readonly macroF1: number;
}

/**
 * Accuracy, macro recall and macro F1 of a confusion matrix; all NaN for an empty one.
 *
 * @see scikit-learn's `balanced_accuracy_score` and `f1_score(average='macro')`, whose numbers the tests hold.
 */
export function classificationMetrics(matrix: ConfusionMatrix): ClassificationMetrics {
  let total = 0;
  let right = 0;
  const recalls: number[] = [];
  const f1s: number[] = [];
  matrix.forEach((row, index) => {
    const hit = row[index] ?? 0;
    const truths = row.reduce((sum, count) => sum + count, 0);
    const predictions = matrix.reduce((sum, other) => sum + (other[index] ?? 0), 0);
    total += truths;
    right += hit;
    if (truths > 0) recalls.push(hit / truths);
    if (truths + predictions > 0) f1s.push((2 * hit) / (truths + predictions));
  });
  return { accuracy: right / total, macroRecall: mean(recalls), macroF1: mean(f1s) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
