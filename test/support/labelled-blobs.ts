import { seededRandom } from '../../core/seeded-random.ts';
import type { LabelledSet } from '../../core/simulation/labelled-set.ts';

/** Images of three classes, in turn, around three centres of the plane; each a group of its own. */
export function labelledBlobs(count: number): LabelledSet {
  const random = seededRandom(5);
  const centres = [
    [2, 0],
    [-1, 2],
    [-1, -2],
  ];
  const values = Float64Array.from({ length: 2 * count }, (_, at) => {
    const centre = centres[Math.floor(at / 2) % 3]?.[at % 2] ?? 0;
    return centre + 3 * (random() - 0.5);
  });
  const ids = Array.from({ length: count }, (_, row) => `image-${row}.png`);
  return {
    ids,
    labels: Int32Array.from(ids, (_, row) => row % 3),
    classes: ['circle', 'cross', 'square'],
    embeddings: { values, columns: 2 },
    groups: ids,
  };
}
