import { binaryEntropyNats } from './entropy.ts';
import { assertProbabilityRows, severalFault } from './probability-rows.ts';

/**
 * Mean over the classes of each one's binary entropy in bits, where an image may have several classes or none.
 *
 * @param probabilities - `[items][classes]`; each 0..1, of any sum, one class or more.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index. Never retried.
 */
export function multiLabelMeanScores(probabilities: readonly (readonly number[])[]): number[] {
  assertProbabilityRows(probabilities, severalFault);
  return probabilities.map((row) => multiLabelMean(row, 0, row.length));
}

/**
 * The highest binary entropy in bits of any class: one doubtful class is enough.
 *
 * @param probabilities - As of {@link multiLabelMeanScores}.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} as {@link multiLabelMeanScores}.
 */
export function multiLabelMaxScores(probabilities: readonly (readonly number[])[]): number[] {
  assertProbabilityRows(probabilities, severalFault);
  return probabilities.map((row) => multiLabelMax(row, 0, row.length));
}

/** See {@link multiLabelMeanScores}. */
export function multiLabelMean(values: ArrayLike<number>, start: number, classes: number): number {
  let nats = 0;
  for (let index = start; index < start + classes; index++) nats += binaryEntropyNats(values[index] ?? NaN);
  return nats / classes / Math.LN2;
}

/** See {@link multiLabelMaxScores}. */
export function multiLabelMax(values: ArrayLike<number>, start: number, classes: number): number {
  let highest = 0;
  for (let index = start; index < start + classes; index++)
    highest = Math.max(highest, binaryEntropyNats(values[index] ?? NaN));
  return highest / Math.LN2;
}
