import { DomainError } from '../errors.ts';

/**
 * Average confidence, `1 − mean(confidence of every object)`. A classified image is one object, so there it equals least confidence.
 *
 * @param confidences - `[items][objects]`; each in 0..1, one object or more an item.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} on an item without objects or a confidence outside 0..1, naming its index. Never retried.
 * @see The DagsHub recipe, step 6, "Average confidence".
 */
export function averageConfidenceScores(confidences: readonly (readonly number[])[]): number[] {
  return confidences.map((item, index) => {
    if (item.length === 0) throw new DomainError(`Item ${index} has no object, so no average confidence.`);
    let sum = 0;
    for (const confidence of item) {
      if (!(confidence >= 0 && confidence <= 1))
        throw new DomainError(`Item ${index} holds the confidence ${confidence}; it must be in 0..1.`);
      sum += confidence;
    }
    return 1 - sum / item.length;
  });
}
