import { meanOfDraws, scoresOfDraws, type DrawsView } from './draws-kernel.ts';

/**
 * The highest Kullback-Leibler divergence in nats of a draw from the mean of all, `max_t Σ p_t ln(p_t / mean p)`: how far the odd one is out.
 *
 * @param draws - `[items][draws][classes]`; two draws or more; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..ln draws; higher asks a person first.
 * @throws {@link DomainError} on any other draw, naming the item's index. Never retried.
 * @see McCallum and Nigam 1998, "Employing EM and Pool-Based Active Learning for Text Classification", for the mean in place of the maximum.
 */
export function maxKlScores(draws: readonly (readonly (readonly number[])[])[]): number[] {
  return scoresOfDraws(maxKl, draws);
}

/** See {@link maxKlScores}. */
export function maxKl(item: DrawsView): number {
  const { values, start, stride, draws, classes } = item;
  const mean = Array.from({ length: classes }, (_, place) => meanOfDraws(item, place));
  let highest = 0;
  for (let draw = 0; draw < draws; draw++) {
    let nats = 0;
    mean.forEach((q, place) => {
      const p = values[start + draw * stride + place] ?? NaN;
      if (p > 0) nats += p * Math.log(p / q);
    });
    highest = Math.max(highest, nats);
  }
  return highest;
}
