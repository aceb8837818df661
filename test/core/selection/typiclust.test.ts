import { typiClust } from '../../../core/selection/typiclust.ts';
import { poolOf, skactivemlCases } from '../../support/skactiveml-cases.ts';
import { distance, strategyInput, taken, unitPoints } from '../../support/unit-points.ts';

const { embeddings, labelled, neighbours, picks } = skactivemlCases.typiClust;
const pool = poolOf(embeddings);
const sizes = [30, 12, 26, 18, 35, 22, 15, 9];
const clusterOf = sizes.flatMap((size, cluster) => new Array<number>(size).fill(cluster));

test('asks the typical of the largest clusters without a label, as scikit-activeml 1.0.1 does', () => {
  const input = strategyInput(pool, 6, { centres: labelled, options: { neighbours } });
  expect(taken(typiClust(input), 6)).toEqual(picks);
});

test('goes round the clusters by fewest labels, then size', () => {
  const input = strategyInput(pool, 6, { centres: labelled, options: { neighbours } });
  // Clusters 0 and 2 have a label each, so the others come first, the largest first; then all have one.
  expect(taken(typiClust(input), 14).map((row) => clusterOf[row])).toEqual([
    4, 5, 3, 6, 1, 7, 4, 0, 2, 5, 3, 6, 1, 7,
  ]);
});

test('inside a cluster the densest comes first, by distances in doubles', () => {
  const points = unitPoints(pool);
  const members = [...clusterOf.keys()].filter((row) => clusterOf[row] === 4);
  const meanToNearest = (row: number) =>
    members
      .filter((other) => other !== row)
      .map((other) => distance(points[row]!, points[other]!))
      .sort((a, b) => a - b)
      .slice(0, 20)
      .reduce((sum, one) => sum + one / 20, 0);
  const expected = [...members].sort((a, b) => meanToNearest(a) - meanToNearest(b));
  const asked = taken(typiClust(strategyInput(pool, 6, { centres: labelled })), clusterOf.length);
  expect(asked.filter((row) => clusterOf[row] === 4)).toEqual(expected);
});
