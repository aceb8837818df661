import { BallGraph } from '../../../core/selection/ball-graph.ts';
import { largestPureRadius, probCover } from '../../../core/selection/probcover.ts';
import { seededRandom } from '../../../core/seeded-random.ts';
import { UnitVectors } from '../../../core/selection/unit-vectors.ts';
import { embeddedPool } from '../../support/embedded-pool.ts';
import { poolOf, skactivemlCases } from '../../support/skactiveml-cases.ts';
import { distance, strategyInput, taken, unitPoints } from '../../support/unit-points.ts';

const { embeddings, labelled, radius, picks, covers, pureRadius } = skactivemlCases.probCover;
const pool = poolOf(embeddings);
const points = unitPoints(pool);

function inBall(row: number, within: number): number[] {
  return points.flatMap((point, other) => (distance(points[row]!, point) < within ? [other] : []));
}

test('the ball graph finds the balls that all distances give', () => {
  const rows = Int32Array.from(points.keys());
  const graph = new BallGraph(rows, new UnitVectors(pool.embeddings), seededRandom(3));
  for (const within of [0.05, 0.31, 0.9, 1.7, 2.1])
    for (let row = 0; row < points.length; row += 7)
      expect(graph.ball(row, within).sort((a, b) => a - b)).toEqual(inBall(row, within));
});

test('covers most with each ball, as scikit-activeml 1.0.1 does until there is a tie', () => {
  const input = strategyInput(pool, 12, { centres: labelled, options: { radius } });
  expect(taken(probCover(input), picks.length)).toEqual(picks);
  expect(covers).toEqual([22, 21, 14]);
});

test('goes on as the plain greedy does, ties by the order of the candidates', () => {
  const covered = new Set(labelled.flatMap((row) => inBall(row, radius)));
  const expected: number[] = [];
  while (expected.length < 60) {
    const gain = (row: number) => inBall(row, radius).filter((other) => !covered.has(other)).length;
    const [best] = [...points.keys()]
      .filter((row) => !labelled.includes(row) && !expected.includes(row))
      .map((row) => ({ row, gain: gain(row) }))
      .sort((a, b) => b.gain - a.gain || a.row - b.row);
    expected.push(best!.row);
    for (const other of inBall(best!.row, radius)) covered.add(other);
  }
  const input = strategyInput(pool, 60, { centres: labelled, options: { radius } });
  expect(taken(probCover(input), 60)).toEqual(expected);
});

test('the radius is the largest that leaves 95 % of the balls pure', () => {
  const rows = Int32Array.from(points.keys());
  const clusters = Int32Array.from(
    [60, 45, 30, 20, 10].flatMap((size, of) => new Array<number>(size).fill(of)),
  );
  const graph = new BallGraph(rows, new UnitVectors(pool.embeddings), seededRandom(3));
  const found = largestPureRadius(graph, rows, clusters, 0.95);
  const purity = (within: number) =>
    points.filter((_, row) => inBall(row, within).every((other) => clusters[other] === clusters[row]))
      .length / points.length;
  expect(purity(found - 1e-6)).toBeGreaterThanOrEqual(0.95);
  expect(purity(found + 1e-6)).toBeLessThan(0.95);
  // scikit-activeml 1.0.1 goes along a grid of 0.01 and clusters by scikit-learn's k-means.
  expect(found).toBeGreaterThanOrEqual(pureRadius);
  expect(found).toBeLessThan(pureRadius + 0.01);
});

test('finds the radius by itself', () => {
  const clear = embeddedPool(200, { clusters: 4, spread: 0.05, columns: 8 });
  const rows = taken(probCover(strategyInput(clear, 4, { options: { classes: 4 } })), 4);
  // Row r belongs to cluster r mod 4.
  expect(new Set(rows.map((row) => row % 4)).size).toBe(4);
});
