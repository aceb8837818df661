import { badge } from '../../../core/selection/badge.ts';
import { embeddedPool } from '../../support/embedded-pool.ts';
import { poolOf, skactivemlCases } from '../../support/skactiveml-cases.ts';
import { strategyInput, taken } from '../../support/unit-points.ts';

test('starts with the longest gradient and draws the second by squared distance', () => {
  const { embeddings, probabilities, first, chances } = skactivemlCases.badge;
  const pool = poolOf(embeddings, probabilities);
  const draws = 3000;
  const counts = new Array<number>(chances.length).fill(0);
  for (let seed = 0; seed < draws; seed++) {
    const [one, two] = taken(badge(strategyInput(pool, 2, { seed: seed * 7919 })), 2);
    expect(one).toBe(first);
    counts[two!]! += 1;
  }
  // scikit-learn's distances over explicit gradients give the chances; 4.5 standard errors of 12 binomial shares.
  chances.forEach((chance, row) => {
    const error = Math.sqrt((chance * (1 - chance)) / draws);
    expect(Math.abs(counts[row]! / draws - chance)).toBeLessThanOrEqual(4.5 * error);
  });
});

test('copies of what is chosen come last', () => {
  const pool = embeddedPool(20);
  for (const row of [6, 13]) {
    pool.embeddings.values.copyWithin(row * 6, 12, 18);
    pool.probabilities.values.copyWithin(row * 4, 8, 12);
  }
  for (let seed = 0; seed < 20; seed++) {
    const rows = taken(badge(strategyInput(pool, 20, { seed })), 20);
    expect(rows.slice(-2).filter((row) => [2, 6, 13].includes(row))).toHaveLength(2);
  }
});

test('certain answers have no gradient and follow in the order of the seed', () => {
  const pool = embeddedPool(8, { classes: 2 });
  pool.probabilities.values.set([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
  expect(taken(badge(strategyInput(pool, 8)), 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
