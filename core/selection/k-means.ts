import type { UnitVectors } from './unit-vectors.ts';
import type { VectorRows } from './vector-rows.ts';

export interface Clusters {
  readonly count: number;
  /** `[points]`: the cluster of each. */
  readonly of: Int32Array;
}

const batches = 100;
const batchPoints = 1024;
/** Points a cluster that the first centres are drawn from. */
const seedPoints = 20;

/**
 * Minibatch k-means over unit vectors: first centres by k-means++ on a sample, then batches at random that pull their nearest centre, then
 * every point to its nearest centre. A cluster may stay empty.
 *
 * @param points - Rows, in an order that the seed decides.
 * @param wanted - Clusters, 1 or more; never more than points.
 * @see Sculley 2010, "Web-Scale K-Means Clustering".
 */
export function kMeans(
  points: Int32Array,
  embeddings: UnitVectors,
  wanted: number,
  random: () => number,
): Clusters {
  const count = Math.min(wanted, points.length);
  const sampled = Math.min(points.length, Math.max(seedPoints * count, batchPoints));
  const means = new Means(embeddings, count, points.subarray(0, sampled), random);
  for (let batch = 0; batch < batches; batch++) {
    const drawn = Int32Array.from(
      { length: Math.min(batchPoints, points.length) },
      () => points[Math.floor(random() * points.length)] ?? 0,
    );
    means.pull(drawn);
  }
  return { count, of: points.map((row) => means.nearest(row)) };
}

/** The centres, with a place behind them for the point that is compared. */
class Means {
  readonly #embeddings: UnitVectors;
  readonly #rows: VectorRows;
  readonly #count: number;
  readonly #squares: Float64Array;
  readonly #pulled: Float64Array;

  constructor(embeddings: UnitVectors, count: number, sample: Int32Array, random: () => number) {
    this.#embeddings = embeddings;
    this.#count = count;
    this.#rows = embeddings.gather([firstCentres(sample, embeddings, count, random)], 1);
    this.#squares = new Float64Array(count).fill(1);
    this.#pulled = new Float64Array(count);
  }

  /** The nearest centre of a point. */
  nearest(row: number): number {
    this.#embeddings.write(row, this.#rows, this.#count);
    const dots = this.#rows.dots(this.#count, 0, this.#count);
    let best = 0;
    let least = Infinity;
    for (let cluster = 0; cluster < this.#count; cluster++) {
      const square = (this.#squares[cluster] ?? 0) - 2 * (dots[cluster] ?? 0);
      if (square < least) {
        least = square;
        best = cluster;
      }
    }
    return best;
  }

  /** Each point of a batch pulls its nearest centre; the more often a centre was pulled, the less. */
  pull(batch: Int32Array): void {
    const nearest = Array.from(batch, (row) => this.nearest(row));
    batch.forEach((row, index) => {
      const cluster = nearest[index] ?? 0;
      const times = (this.#pulled[cluster] ?? 0) + 1;
      this.#pulled[cluster] = times;
      this.#embeddings.write(row, this.#rows, this.#count);
      const centre = this.#rows.row(cluster);
      this.#rows.row(this.#count).forEach((value, column) => {
        const old = centre[column] ?? 0;
        centre[column] = old + (value - old) / times;
      });
    });
    for (const cluster of new Set(nearest))
      this.#squares[cluster] = this.#rows.dots(cluster, cluster, cluster + 1)[0] ?? 0;
  }
}

/** k-means++: the first by the order, each next with a chance proportional to its squared distance to the nearest so far. */
function firstCentres(
  sample: Int32Array,
  embeddings: UnitVectors,
  count: number,
  random: () => number,
): Int32Array {
  const rows = embeddings.gather([sample]);
  const far = new Float64Array(sample.length).fill(Infinity);
  const chosen = new Int32Array(count);
  for (let picked = 0, at = 0; picked < count; picked++) {
    chosen[picked] = sample[at] ?? 0;
    let total = 0;
    rows.dots(at, 0, sample.length).forEach((dot, other) => {
      const square = Math.max(Math.min(far[other] ?? 0, 2 - 2 * dot), 0);
      far[other] = other === at ? 0 : square;
      total += far[other] ?? 0;
    });
    let rest = random() * total;
    for (at = 0; at < sample.length - 1; at++) {
      rest -= far[at] ?? 0;
      if (rest < 0) break;
    }
  }
  return chosen;
}
