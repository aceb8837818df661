import { DomainError } from '../errors.ts';

/** `[true class][predicted class]` counts. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Counts true against predicted class indices.
 *
 * @param truth - `[items]`, each in 0..classes−1.
 * @param predicted - `[items]`, the same length and range.
 * @throws {@link DomainError} on an index out of range or unequal lengths. Never retried.
 */
export function confusionMatrix(
  truth: readonly number[],
  predicted: readonly number[],
  classes: number,
): ConfusionMatrix {
  if (truth.length !== predicted.length)
    throw new DomainError(`${truth.length} true classes against ${predicted.length} predicted ones.`);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  truth.forEach((trueClass, index) => {
    const row = counts[trueClass];
    const predictedClass = predicted[index] ?? -1;
    if (!row || row[predictedClass] === undefined)
      throw new DomainError(
        `Item ${index} has the classes ${trueClass} and ${predictedClass} of ${classes}.`,
      );
    row[predictedClass] += 1;
  });
  return counts;
}
