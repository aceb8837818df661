import { dotProducts, maxDotProductBytes, type DotProducts } from './dot-products.ts';
import type { UnitVectors } from './unit-vectors.ts';

/** Length of a rounded unit vector: its numbers fit into int16, and dot products into int32. */
const scale = 32_000;
/** How far from itself a number may be rounded: half of one, and what float32 takes from its product with the scale. */
const rounding = 0.51;

/**
 * Unit vectors rounded to 16 bits. What rounding may have taken from a dot product is bounded, so whether one can be the largest is known at a
 * third of its cost and half of the memory; only what could be is computed from the vectors themselves.
 */
export class RoundedVectors {
  readonly #vectors: UnitVectors;
  /** Which row of the vectors lies at a position. */
  readonly #rows: Int32Array;
  readonly #products: DotProducts;
  /** The products of one call, at the start of the memory. */
  readonly #sums: Int32Array;
  /** One row before it is rounded, behind them. */
  readonly #row: Float32Array;
  /** Where the rounded rows start. */
  readonly #start: number;
  /** Of a rounded row. */
  readonly #bytes: number;
  /** A product of rounded vectors is off by less: the numbers of a unit vector add up to √columns at most. */
  readonly #error: number;
  #count = 0;

  /**
   * @param lists - Rows of the vectors; they lie at the positions 0 on, one list after the other.
   * @param room - Rows that may be added.
   * @throws {@link DomainError} when they do not fit into 4 GiB, saying how many would. Never retried.
   */
  constructor(vectors: UnitVectors, lists: readonly Int32Array[], room: number) {
    const { columns } = vectors;
    const capacity = lists.reduce((sum, list) => sum + list.length, room);
    const padded = Math.ceil(columns / 16) * 16;
    const rowAt = Math.ceil(capacity / 4) * 16;
    this.#bytes = padded * 2;
    this.#start = rowAt + padded * 4;
    const bytes = this.#start + capacity * this.#bytes;
    const most = (maxDotProductBytes - padded * 4) / (this.#bytes + 4);
    this.#products = dotProducts(bytes, { capacity, columns, most });
    this.#vectors = vectors;
    this.#rows = new Int32Array(capacity);
    this.#sums = new Int32Array(this.#products.buffer, 0, capacity);
    this.#row = new Float32Array(this.#products.buffer, rowAt, columns);
    this.#error = 2 * rounding * scale * Math.sqrt(columns) + rounding ** 2 * columns;
    for (const list of lists) for (const row of list) this.add(row);
  }

  /** Puts a row behind the last. */
  add(row: number): void {
    const factor = this.#vectors.writeUnscaled(row, this.#row);
    const to = this.#start + this.#count * this.#bytes;
    this.#products.round(this.#row.byteOffset, to, this.#bytes, factor * scale);
    this.#rows[this.#count++] = row;
  }

  /** A number, −1 or more, that the largest dot product of the row at `position` with those at `from` to `to` (excluded) is not below. */
  leastLargestDot(position: number, from: number, to: number): number {
    return Math.max((this.#run(position, from, to) - this.#error) / scale ** 2, -1);
  }

  /** Numbers that the dot products of the row at `position` with the first `count` are not below: one pass along the memory. */
  leastDots(position: number, count: number): Float64Array {
    this.#run(position, 0, count);
    const least = new Float64Array(count);
    for (let at = 0; at < count; at++) least[at] = ((this.#sums[at] ?? 0) - this.#error) / scale ** 2;
    return least;
  }

  /** The largest dot product of the row at `position` with those at `from` to `to` (excluded), or `atLeast` when none is larger. */
  largestDot(position: number, from: number, to: number, atLeast: number): number {
    const most = this.#run(position, from, to);
    const enough = Math.max(atLeast * scale ** 2 - this.#error, most - 2 * this.#error);
    if (most < enough) return atLeast;
    const row = this.#rows[position] ?? -1;
    let largest = atLeast;
    for (let at = from; at < to; at++)
      if ((this.#sums[at - from] ?? 0) >= enough)
        largest = Math.max(largest, this.#vectors.dot(row, this.#rows[at] ?? -1));
    return largest;
  }

  /** Writes the products of the rounded row and rows to the sums, and gives the largest. */
  #run(position: number, from: number, to: number): number {
    const start = this.#start;
    const bytes = this.#bytes;
    return this.#products.roundedDots(start + position * bytes, start + from * bytes, to - from, bytes, 0);
  }
}
