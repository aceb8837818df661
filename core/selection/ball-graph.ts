import { kMeans } from './k-means.ts';
import { unitDistance, type UnitVectors } from './unit-vectors.ts';
import type { VectorRows } from './vector-rows.ts';

const maxCells = 256;
/** What rounding may take from a distance that the triangle inequality bounds. */
const slack = 2e-3;

/**
 * Which points lie within a radius of which, without keeping it: points are sorted by k-means cell and by their distance to the cell's
 * centre, so that by the triangle inequality only a run of each cell can be near enough. Exact, up to float32.
 */
export class BallGraph {
  readonly #embeddings: UnitVectors;
  readonly #rows: VectorRows;
  /** Where each point lies in `#rows`. */
  readonly #position: Int32Array;
  readonly #cells: readonly Cell[];

  /** @param points - Rows, in an order that the seed decides. Answers are positions in it. */
  constructor(points: Int32Array, embeddings: UnitVectors, random: () => number) {
    this.#embeddings = embeddings;
    const wanted = Math.min(Math.ceil(Math.sqrt(points.length)), maxCells);
    const { of } = kMeans(points, embeddings, wanted, random);
    const order = points.map((_, at) => at).sort((a, b) => (of[a] ?? 0) - (of[b] ?? 0) || a - b);
    const unsorted = embeddings.gather([order.map((at) => points[at] ?? -1)]);
    const cells = new Array<Cell>();
    for (let start = 0, end = 0; start < order.length; start = end) {
      while (end < order.length && of[order[end] ?? -1] === of[order[start] ?? -1]) end += 1;
      cells.push(sortedCell(unsorted, start, end));
    }
    this.#cells = cells;
    this.#position = Int32Array.from(cells.flatMap(({ members }) => members.map((at) => order[at] ?? -1)));
    this.#rows = embeddings.gather([this.#position.map((at) => points[at] ?? -1)], 1);
  }

  /** Positions of the points nearer than `radius` to a row, itself included when it is a point; in no order. */
  ball(row: number, radius: number): number[] {
    const near = new Array<number>();
    const least = 1 - (radius * radius) / 2;
    this.#embeddings.write(row, this.#rows, this.#position.length);
    for (const cell of this.#cells) {
      const toCentre = distanceTo(cell.centre, this.#rows.row(this.#position.length));
      const from = cell.start + lowerBound(cell.distances, toCentre - radius - slack);
      const to = cell.start + lowerBound(cell.distances, toCentre + radius + slack);
      if (to <= from) continue;
      const dots = this.#rows.dots(this.#position.length, from, to);
      for (let at = 0; at < dots.length; at++)
        if ((dots[at] ?? 0) > least) near.push(this.#position[from + at] ?? -1);
    }
    return near;
  }

  /** Distance of a row to the nearest point of those that count; Infinity when none does. */
  nearestDistance(row: number, counts: (position: number) => boolean): number {
    this.#embeddings.write(row, this.#rows, this.#position.length);
    let most = -Infinity;
    this.#rows.dots(this.#position.length, 0, this.#position.length).forEach((dot, at) => {
      if (dot > most && counts(this.#position[at] ?? -1)) most = dot;
    });
    return most === -Infinity ? Infinity : unitDistance(most);
  }
}

interface Cell {
  readonly start: number;
  /** Where its points lay, nearest to the centre first. */
  readonly members: readonly number[];
  /** Of its points to its centre, rising. */
  readonly distances: Float64Array;
  readonly centre: Float64Array;
}

function sortedCell(rows: VectorRows, start: number, end: number): Cell {
  const centre = new Float64Array(rows.columns);
  for (let at = start; at < end; at++)
    rows.row(at).forEach((value, column) => (centre[column] = (centre[column] ?? 0) + value / (end - start)));
  const sorted = Array.from({ length: end - start }, (_, index) => start + index)
    .map((at) => ({ at, distance: distanceTo(centre, rows.row(at)) }))
    .sort((a, b) => a.distance - b.distance);
  return {
    start,
    members: sorted.map(({ at }) => at),
    distances: Float64Array.from(sorted, ({ distance }) => distance),
    centre,
  };
}

function distanceTo(centre: Float64Array, row: Float32Array): number {
  let square = 0;
  for (let column = 0; column < centre.length; column++)
    square += ((row[column] ?? 0) - (centre[column] ?? 0)) ** 2;
  return Math.sqrt(square);
}

/** The first index whose value is not below `bound`. */
function lowerBound(rising: Float64Array, bound: number): number {
  let from = 0;
  let to = rising.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rising[middle] ?? 0) < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}
