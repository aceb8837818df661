import { facilityLocation } from '../../../core/selection/facility-location.ts';
import { embeddedPool } from '../../support/embedded-pool.ts';
import { strategyInput, taken, unitPoints } from '../../support/unit-points.ts';

function world(count: number, seed = 1) {
  const pool = embeddedPool(count, { seed, columns: 5, spread: 0.6 });
  const points = unitPoints(pool);
  const alike = (i: number, s: number) =>
    (1 + points[i]!.reduce((sum, value, at) => sum + value * points[s]![at]!, 0)) / 2;
  const value = (chosen: readonly number[], of = [...points.keys()]) =>
    of.reduce((sum, i) => sum + Math.max(0, ...chosen.map((s) => alike(i, s))), 0);
  return { pool, value };
}

test('is the plain greedy, labelled points included', () => {
  const { pool, value } = world(120);
  const centres = [4, 50];
  const open = [...pool.ids.keys()].filter((row) => !centres.includes(row));
  const expected: number[] = [];
  while (expected.length < 15) {
    const [best] = open
      .filter((row) => !expected.includes(row))
      .map((row) => ({ row, worth: value([...centres, ...expected, row], open) }))
      .sort((a, b) => b.worth - a.worth);
    expected.push(best!.row);
  }
  expect(taken(facilityLocation(strategyInput(pool, 15, { centres })), 15)).toEqual(expected);
});

test.each([1, 2, 3])(
  'comes within 1 − 1/e of the best of all choices, and here within 2 %% (seed %d)',
  (seed) => {
    const { pool, value } = world(14, seed);
    let best = 0;
    for (let a = 0; a < 14; a++)
      for (let b = a + 1; b < 14; b++)
        for (let c = b + 1; c < 14; c++) best = Math.max(best, value([a, b, c]));
    const greedy = value(taken(facilityLocation(strategyInput(pool, 3)), 3));
    expect(greedy).toBeGreaterThanOrEqual(0.98 * best);
    expect(greedy).toBeLessThanOrEqual(best + 1e-9);
  },
);
