import { scoresOfDraws, votesOfDraws, type DrawsView } from './draws-kernel.ts';

/**
 * Variation ratio, `1 − max v`, v being each class's part of the votes: how many draws are against the winner. It takes few values, so many tie.
 *
 * @param draws - `[items][draws][classes]`; two draws or more; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1 − 1/min(draws, classes); higher asks a person first.
 * @throws {@link DomainError} on any other draw, naming the item's index. Never retried.
 * @see Beluch, Genewein, Nürnberger, Köhler 2018, "The Power of Ensembles for Active Learning in Image Classification".
 */
export function variationRatioScores(draws: readonly (readonly (readonly number[])[])[]): number[] {
  return scoresOfDraws(variationRatio, draws);
}

/** See {@link variationRatioScores}. */
export function variationRatio(item: DrawsView): number {
  return 1 - Math.max(...votesOfDraws(item)) / item.draws;
}
