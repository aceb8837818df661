import { batchClusters } from '../../../core/selection/batch-clusters.ts';
import { embeddedPool, permuted, shuffled } from '../../support/embedded-pool.ts';

const pool = embeddedPool(200, { clusters: 5, spread: 0.02, columns: 10 });
/** Row r belongs to cluster r mod 5. */
const rows = Array.from({ length: 25 }, (_, at) => at * 7 + 3);

test('rows that look alike are named by the first of them', () => {
  const expected = rows.map((row) => rows.findIndex((other) => other % 5 === row % 5));
  expect(batchClusters(rows, pool.embeddings, '1/1')).toEqual(expected);
});

test('the same batch has the same clusters, wherever its rows stand', () => {
  const order = shuffled(200, 2);
  const loose = embeddedPool(200, { spread: 1 });
  expect(batchClusters(rows, loose.embeddings, '1/1')).toEqual(
    batchClusters(
      rows.map((row) => order.indexOf(row)),
      permuted(loose, order).embeddings,
      '1/1',
    ),
  );
});

test('a single row is a cluster, and no row is none', () => {
  expect(batchClusters([4], pool.embeddings, '1/1')).toEqual([0]);
  expect(batchClusters([], pool.embeddings, '1/1')).toEqual([]);
});
