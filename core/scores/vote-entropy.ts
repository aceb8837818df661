import { scoresOfDraws, votesOfDraws, type DrawsView } from './draws-kernel.ts';
import { entropyNats } from './entropy.ts';

/**
 * Vote entropy, `−Σ v ln v` in nats, v being each class's part of the votes: how split the draws are. It takes few values, so many tie.
 *
 * @param draws - `[items][draws][classes]`; two draws or more; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..ln min(draws, classes); higher asks a person first.
 * @throws {@link DomainError} on any other draw, naming the item's index. Never retried.
 * @see Engelson and Dagan 1996, "Minimizing Manual Annotation Cost in Supervised Training from Corpora".
 */
export function voteEntropyScores(draws: readonly (readonly (readonly number[])[])[]): number[] {
  return scoresOfDraws(voteEntropy, draws);
}

/** See {@link voteEntropyScores}. */
export function voteEntropy(item: DrawsView): number {
  const parts = votesOfDraws(item).map((votes) => votes / item.draws);
  return Math.max(entropyNats(parts, 0, parts.length), 0);
}
