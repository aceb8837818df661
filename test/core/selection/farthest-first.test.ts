import { kCenter } from '../../../core/selection/k-center.ts';
import { objectiveProduct } from '../../../core/selection/objective-product.ts';
import { rankedBatch } from '../../../core/selection/ranked-batch.ts';
import { twoStage } from '../../../core/selection/two-stage.ts';
import { embeddedPool, type EmbeddedPool } from '../../support/embedded-pool.ts';
import { poolOf, skactivemlCases } from '../../support/skactiveml-cases.ts';
import { distance, strategyInput, taken, unitPoints } from '../../support/unit-points.ts';

/** Every distance, at every step, in doubles. */
function plainGreedy(
  pool: EmbeddedPool,
  count: number,
  worth: (distance: number, row: number) => number,
  { centres = [] as number[], rows = [...pool.ids.keys()], declined = [] as number[] } = {},
): number[] {
  const points = unitPoints(pool);
  const chosen: number[] = [];
  const open = new Set(rows.filter((row) => !centres.includes(row)));
  while (chosen.length < count) {
    const [best] = [...open]
      .map((row) => {
        const near = [...centres, ...chosen].map((other) => distance(points[row]!, points[other]!));
        return { row, worth: worth(Math.min(2, ...near), row) };
      })
      .sort((a, b) => b.worth - a.worth);
    if (!best) break;
    open.delete(best.row);
    if (!declined.includes(best.row)) chosen.push(best.row);
  }
  return chosen;
}

const far = (distance: number) => distance;

test.each([
  ['clusters', { clusters: 7, spread: 0.2, columns: 8 }],
  ['no structure', { clusters: 1, spread: 5, columns: 12 }],
])('k-center is the plain greedy, point by point: %s', (_, shape) => {
  const pool = embeddedPool(300, shape);
  const plain = plainGreedy(pool, 60, far, { centres: [5] });
  expect(taken(kCenter(strategyInput(pool, 60, { centres: [5] })), 60)).toEqual(plain);
});

test('k-center with labelled points starts where scikit-activeml 1.0.1 does, and goes on alike', () => {
  const { embeddings, labelled, picks } = skactivemlCases.coreSet;
  const input = strategyInput(poolOf(embeddings), picks.length, { centres: labelled });
  expect(taken(kCenter(input), picks.length)).toEqual(picks);
});

test('k-center without any label starts with the first candidate', () => {
  const pool = embeddedPool(50);
  expect(taken(kCenter(strategyInput(pool, 10)), 10)).toEqual(plainGreedy(pool, 10, far));
});

test('what was declined is no centre', () => {
  const pool = embeddedPool(120, { columns: 8 });
  const declined = plainGreedy(pool, 6, far, { centres: [0] }).slice(1, 4);
  expect(taken(kCenter(strategyInput(pool, 20, { centres: [0] })), 20, declined)).toEqual(
    plainGreedy(pool, 20, far, { centres: [0], declined }),
  );
});

test.each([0, 0.3, 0.5, 1])('ranked batch with α = %d is the plain greedy', (alpha) => {
  const pool = embeddedPool(200, { columns: 8 });
  const worth = (d: number, row: number) =>
    alpha * (1 - 1 / (1 + d)) + (1 - alpha) * pool.informativeness[row]!;
  const input = strategyInput(pool, 40, { centres: [3, 9], options: { alpha } });
  expect(taken(rankedBatch(input), 40)).toEqual(plainGreedy(pool, 40, worth, { centres: [3, 9] }));
});

test.each([
  [1, 1],
  [2, 0.5],
  [0, 1],
])('the product of score^%d and distance^%d is the plain greedy', (score, power) => {
  const pool = embeddedPool(200, { columns: 8 });
  const worth = (d: number, row: number) => pool.informativeness[row]! ** score * d ** power;
  const strengths = { score, distance: power };
  const input = strategyInput(pool, 40, { centres: [3, 9], options: { strengths } });
  expect(taken(objectiveProduct(input), 40)).toEqual(plainGreedy(pool, 40, worth, { centres: [3, 9] }));
});

test('two-stage is k-center among the β·size highest scores, then the rest by score', () => {
  const pool = embeddedPool(200, { columns: 8 });
  const byScore = [...pool.ids.keys()]
    .filter((row) => row !== 7)
    .sort((a, b) => pool.informativeness[b]! - pool.informativeness[a]! || a - b);
  const rows = byScore.slice(0, 60);
  const input = strategyInput(pool, 20, { centres: [7], options: { beta: 3 } });
  expect(taken(twoStage(input), 20)).toEqual(plainGreedy(pool, 20, far, { centres: [7], rows }));
  const all = taken(twoStage(input), 199, rows.slice(0, 40));
  expect(all.slice(20)).toEqual(byScore.slice(60));
});

test('two-stage without any label starts with the highest score', () => {
  const pool = embeddedPool(100);
  pool.informativeness[41] = 2;
  expect(taken(twoStage(strategyInput(pool, 5)), 5)[0]).toBe(41);
});
