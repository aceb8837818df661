import { assertProbabilityRows } from './probability-rows.ts';

/**
 * Normalised entropy, `−Σ p ln p / ln K` with `0 ln 0 = 0`: how spread the belief is over all K classes.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index. Never retried.
 * @see Shannon 1948, "A Mathematical Theory of Communication".
 */
export function entropyScores(probabilities: readonly (readonly number[])[]): number[] {
  assertProbabilityRows(probabilities);
  return probabilities.map((row) => {
    let nats = 0;
    for (const p of row) if (p > 0) nats -= p * Math.log(p);
    return Math.min(Math.max(nats / Math.log(row.length), 0), 1);
  });
}
