import { scoresOfRows } from './row-kernel.ts';

/**
 * Normalised entropy, `−Σ p ln p / ln K` with `0 ln 0 = 0`: how spread the belief is over all K classes.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index. Never retried.
 * @see Shannon 1948, "A Mathematical Theory of Communication".
 */
export function entropyScores(probabilities: readonly (readonly number[])[]): number[] {
  return scoresOfRows(entropy, probabilities);
}

/**
 * Entropy in nats, `−Σ p ln p`: comparable with what other libraries give, not between projects of different classes.
 *
 * @param probabilities - As of {@link entropyScores}.
 * @returns `[items]`, same order, in 0..ln K (K/e at most, of rows that sum to less than 1); higher asks a person first.
 * @throws {@link DomainError} as {@link entropyScores}.
 */
export function entropyNatsScores(probabilities: readonly (readonly number[])[]): number[] {
  return scoresOfRows(entropyNats, probabilities);
}

/** See {@link entropyScores}. */
export function entropy(values: ArrayLike<number>, start: number, classes: number): number {
  return normalisedEntropy(entropyNats(values, start, classes), Math.log(classes));
}

/** See {@link entropyScores}; of the entropy in nats and the highest it can be. */
export function normalisedEntropy(nats: number, mostNats: number): number {
  return Math.min(Math.max(nats / mostNats, 0), 1);
}

/** See {@link entropyNatsScores}. */
export function entropyNats(values: ArrayLike<number>, start: number, classes: number): number {
  let nats = 0;
  for (let index = start; index < start + classes; index++) {
    const p = values[index] ?? NaN;
    if (p !== 0) nats -= p * Math.log(p);
  }
  return nats;
}

/** Entropy in nats of one thing's being so with chance `p` and not so with 1 − p. */
export function binaryEntropyNats(p: number): number {
  return p > 0 && p < 1 ? -p * Math.log(p) - (1 - p) * Math.log1p(-p) : 0 * p;
}
