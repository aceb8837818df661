import { topTwo } from './probability-rows.ts';
import { scoresOfRows } from './row-kernel.ts';

/**
 * Margin uncertainty, `1 − (p₁ − p₂)`: how close the two likeliest classes are. The recipe's "minimizing confidence delta".
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index. Never retried.
 * @see Scheffer, Decomain, Wrobel 2001, "Active Hidden Markov Models for Information Extraction".
 */
export function marginScores(probabilities: readonly (readonly number[])[]): number[] {
  return scoresOfRows(margin, probabilities);
}

/** See {@link marginScores}. */
export function margin(values: ArrayLike<number>, start: number, classes: number): number {
  return marginOf(...topTwo(values, start, classes));
}

/** See {@link marginScores}; of the two highest probabilities. */
export function marginOf(first: number, second: number): number {
  return 1 - Math.min(first - second, 1);
}
