import { topTwo } from './probability-rows.ts';
import { scoresOfRows } from './row-kernel.ts';

/**
 * Least confidence, `1 − p₁`: how much the likeliest class leaves to the others. The recipe's "lowest confidence" turned round.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1 − 1/classes; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index. Never retried.
 * @see Lewis and Gale 1994, "A Sequential Algorithm for Training Text Classifiers".
 */
export function leastConfidenceScores(probabilities: readonly (readonly number[])[]): number[] {
  return scoresOfRows(leastConfidence, probabilities);
}

/** See {@link leastConfidenceScores}. */
export function leastConfidence(values: ArrayLike<number>, start: number, classes: number): number {
  return leastConfidenceOf(topTwo(values, start, classes)[0]);
}

/** See {@link leastConfidenceScores}; of the highest probability. */
export function leastConfidenceOf(first: number): number {
  return 1 - Math.min(first, 1);
}
