import { hash53 } from '../hash.ts';
import { seededRandom } from '../seeded-random.ts';
import { kMeans } from './k-means.ts';
import { matrixRow, type Matrix } from './matrix.ts';
import { UnitVectors } from './unit-vectors.ts';

/**
 * Which rows of a batch look alike: k-means over their embeddings into √n clusters. The same rows in the same order give the same clusters,
 * wherever they stand in the matrix.
 *
 * @param rows - Indices into `embeddings`, by rank.
 * @param seed - Names the batch.
 * @returns `[rows]`: for each the place of the first row of its cluster.
 */
export function batchClusters(rows: readonly number[], embeddings: Matrix, seed: string): readonly number[] {
  const { columns } = embeddings;
  const batch = new Float32Array(rows.length * columns);
  rows.forEach((row, at) => batch.set(matrixRow(embeddings, row), at * columns));
  const { of } = kMeans(
    Int32Array.from(rows.keys()),
    new UnitVectors({ values: batch, columns }),
    Math.ceil(Math.sqrt(rows.length)),
    seededRandom(hash53(`${seed}/clusters`)),
  );
  return Array.from(of, (cluster) => of.indexOf(cluster));
}
