import { kMeans } from '../../../core/selection/k-means.ts';
import { seededRandom } from '../../../core/seeded-random.ts';
import { UnitVectors } from '../../../core/selection/unit-vectors.ts';
import { embeddedPool } from '../../support/embedded-pool.ts';

const pool = embeddedPool(400, { clusters: 8, spread: 0.03, columns: 10 });
const vectors = new UnitVectors(pool.embeddings);
const rows = Int32Array.from(pool.ids.keys());

test('finds clusters that lie apart', () => {
  for (const seed of [1, 2, 3]) {
    const { of, count } = kMeans(rows, vectors, 8, seededRandom(seed));
    expect(count).toBe(8);
    // Row r belongs to cluster r mod 8.
    expect(new Set(rows.map((row) => (row % 8) * 8 + of[row]!)).size).toBe(8);
  }
});

test('makes no more clusters than there are points, and equal ones from an equal seed', () => {
  expect(kMeans(rows.subarray(0, 3), vectors, 8, seededRandom(1)).count).toBe(3);
  expect(kMeans(rows, vectors, 20, seededRandom(4))).toEqual(kMeans(rows, vectors, 20, seededRandom(4)));
});
