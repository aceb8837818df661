import { meanOfDraws, scoresOfDraws, type DrawsView } from './draws-kernel.ts';
import { entropyNats } from './entropy.ts';

/**
 * BALD, `H(mean p) − mean H(p)` in nats: what the draws disagree about, without what they agree is uncertain. Equal to the mean Kullback-Leibler
 * divergence of the draws from their mean.
 *
 * @param draws - `[items][draws][classes]`; two draws or more; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..ln min(draws, classes); higher asks a person first.
 * @throws {@link DomainError} on any other draw, naming the item's index. Never retried.
 * @see Houlsby, Huszár, Ghahramani, Lengyel 2011, "Bayesian Active Learning for Classification and Preference Learning".
 */
export function baldScores(draws: readonly (readonly (readonly number[])[])[]): number[] {
  return scoresOfDraws(bald, draws);
}

/** See {@link baldScores}. */
export function bald(item: DrawsView): number {
  const { values, start, stride, draws, classes } = item;
  const mean = Array.from({ length: classes }, (_, place) => meanOfDraws(item, place));
  let within = 0;
  for (let draw = 0; draw < draws; draw++) within += entropyNats(values, start + draw * stride, classes);
  // Rounding makes it −1e-16 where the draws agree.
  return Math.max(entropyNats(mean, 0, classes) - within / draws, 0);
}
