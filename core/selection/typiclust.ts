import { kMeans } from './k-means.ts';
import type { StrategyInput } from './strategy.ts';
import { unitDistance, type UnitVectors } from './unit-vectors.ts';

const maxClusters = 500;
/** Members of a cluster that neighbours are looked for among; of a larger one the first by the seed. */
const maxMembers = 5000;

/**
 * TypiClust, for few labels: k-means into as many clusters as there will be labels (500 at most), then from the cluster with the fewest
 * labels, the largest of these, the candidate with the highest typicality: 1 over its mean distance to its 20 nearest in the cluster.
 *
 * @see Hacohen, Dekel, Weinshall 2022, "Active Learning on a Budget: Opposite Strategies Suit High and Low Budgets".
 */
export function* typiClust({
  candidates,
  centres,
  size,
  embeddings,
  options,
  random,
}: StrategyInput): Generator<number, void, boolean> {
  if (!embeddings || candidates.length === 0) return;
  const points = new Int32Array(candidates.length + centres.length);
  points.set(candidates);
  points.set(centres, candidates.length);
  const { count, of } = kMeans(points, embeddings, Math.min(centres.length + size, maxClusters), random);
  const members = Array.from({ length: count }, () => new Array<number>());
  of.forEach((cluster, at) => members[cluster]?.push(at));
  const clusters = members.map((all, index) => {
    const open = all.filter((at) => at < candidates.length);
    return { index, size: all.length, labels: all.length - open.length, all, open, sorted: false };
  });
  for (;;) {
    const [next] = clusters
      .filter(({ open }) => open.length > 0)
      .sort((a, b) => a.labels - b.labels || b.size - a.size || a.index - b.index);
    if (!next) return;
    if (!next.sorted) {
      next.open = byTypicality(next.open, next.all);
      next.sorted = true;
    }
    const row = candidates[next.open.shift() ?? -1] ?? -1;
    if (yield row) next.labels += 1;
  }

  /** Positions with the highest typicality first. */
  function byTypicality(open: readonly number[], all: readonly number[]): number[] {
    const rowsOf = (positions: readonly number[]) => Int32Array.from(positions, (at) => points[at] ?? -1);
    const near = meanDistances(
      rowsOf(open),
      rowsOf(all.slice(0, maxMembers)),
      options.neighbours,
      embeddings,
    );
    return open
      .map((at, index) => ({ at, distance: near[index] ?? 0 }))
      .sort((a, b) => a.distance - b.distance || a.at - b.at)
      .map(({ at }) => at);
  }
}

/** Mean distance of each row to its `neighbours` nearest among the others of its cluster; 0 for one that is alone. */
export function meanDistances(
  rows: Int32Array,
  others: Int32Array,
  neighbours: number,
  embeddings: UnitVectors | undefined,
): Float64Array {
  const means = new Float64Array(rows.length);
  if (!embeddings) return means;
  const vectors = embeddings.gather([others], 1);
  rows.forEach((row, index) => {
    embeddings.write(row, vectors, others.length);
    const nearest = new Float64Array(Math.min(neighbours, others.length - 1)).fill(-Infinity);
    vectors.dots(others.length, 0, others.length).forEach((dot, at) => {
      if (others[at] !== row) keepLargest(nearest, dot);
    });
    means[index] = nearest.reduce((sum, dot) => sum + unitDistance(dot), 0) / Math.max(nearest.length, 1);
  });
  return means;
}

/** Puts a value into its place among the largest so far, which fall; the least of them drops out. */
function keepLargest(largest: Float64Array, value: number): void {
  let at = largest.length - 1;
  if (at < 0 || value <= (largest[at] ?? Infinity)) return;
  for (; at > 0 && (largest[at - 1] ?? Infinity) < value; at--) largest[at] = largest[at - 1] ?? value;
  largest[at] = value;
}
