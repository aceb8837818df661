import { meanOfDraws, scoresOfDraws, type DrawsView } from './draws-kernel.ts';

/**
 * Mean over the classes of the variance over the draws.
 *
 * @param draws - `[items][draws][classes]`; two draws or more; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..(1 − 1/min(draws, classes))/classes; higher asks a person first.
 * @throws {@link DomainError} on any other draw, naming the item's index. Never retried.
 * @see baal 2.1.0, `Variance`.
 */
export function drawVarianceScores(draws: readonly (readonly (readonly number[])[])[]): number[] {
  return scoresOfDraws(drawVariance, draws);
}

/** See {@link drawVarianceScores}. */
export function drawVariance(item: DrawsView): number {
  const { values, start, stride, draws, classes } = item;
  let sum = 0;
  for (let place = 0; place < classes; place++) {
    const mean = meanOfDraws(item, place);
    for (let draw = 0; draw < draws; draw++)
      sum += ((values[start + draw * stride + place] ?? NaN) - mean) ** 2;
  }
  return sum / draws / classes;
}
