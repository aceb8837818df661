import { assertProbabilityRows, topTwo } from './probability-rows.ts';

/**
 * Least confidence, `1 − p₁`: how much the likeliest class leaves to the others. The recipe's "lowest confidence" turned round.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1 − 1/classes; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index. Never retried.
 * @see Lewis and Gale 1994, "A Sequential Algorithm for Training Text Classifiers".
 */
export function leastConfidenceScores(probabilities: readonly (readonly number[])[]): number[] {
  assertProbabilityRows(probabilities);
  return probabilities.map((row) => 1 - Math.min(topTwo(row)[0], 1));
}
