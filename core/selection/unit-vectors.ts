import { matrixRow, type Matrix } from './matrix.ts';
import { VectorRows } from './vector-rows.ts';

/** Of the longest vector that is compared; that of the shortest is its inverse. */
const leastFactor = 1e-30;

/** Embeddings with the factors that give each the length 1. The embeddings stay as they are; only what is compared is copied. */
export class UnitVectors {
  readonly #matrix: Matrix;
  readonly #factors: Float64Array;

  constructor(matrix: Matrix) {
    this.#matrix = matrix;
    const { values, columns } = matrix;
    this.#factors = new Float64Array(values.length / columns);
    for (let row = 0, at = 0; row < this.#factors.length; row++) {
      let squares = 0;
      for (const end = at + columns; at < end; at++) {
        const value = values[at] ?? NaN;
        squares += value * value;
      }
      this.#factors[row] = 1 / Math.sqrt(squares);
    }
  }

  get columns(): number {
    return this.#matrix.columns;
  }

  /** Why a row has no direction that float32 can hold; null when it has one. */
  fault(row: number): string | null {
    const factor = this.#factors[row] ?? NaN;
    if (factor > leastFactor && factor < 1 / leastFactor) return null;
    if (factor === Infinity) return 'its embedding is all zeros';
    if (!Number.isFinite(factor) || factor === 0) return 'its embedding holds a number that is not finite';
    return `its embedding is ${(1 / factor).toExponential(0)} long, and 1e-30 to 1e+30 is what can be compared`;
  }

  /** Copies the unit vector of `row` to `rows[at]`. */
  write(row: number, rows: VectorRows, at: number): void {
    const { values, columns } = this.#matrix;
    const factor = this.#factors[row] ?? NaN;
    const target = rows.row(at);
    for (let column = 0, from = row * columns; column < columns; column++, from++)
      target[column] = (values[from] ?? NaN) * factor;
  }

  /** Copies the numbers of `row` as they are to the start of `target`, and gives the factor that makes them a unit vector. */
  writeUnscaled(row: number, target: Float32Array): number {
    target.set(matrixRow(this.#matrix, row));
    return this.#factors[row] ?? NaN;
  }

  /** Dot product of the unit vectors of two rows, in doubles. The same from either side. */
  dot(one: number, other: number): number {
    const { values, columns } = this.#matrix;
    let even = 0;
    let odd = 0;
    let at = one * columns;
    let to = other * columns;
    for (const end = at + columns - 1; at < end; at += 2, to += 2) {
      even += (values[at] ?? NaN) * (values[to] ?? NaN);
      odd += (values[at + 1] ?? NaN) * (values[to + 1] ?? NaN);
    }
    if (columns % 2 === 1) even += (values[at] ?? NaN) * (values[to] ?? NaN);
    return (even + odd) * ((this.#factors[one] ?? NaN) * (this.#factors[other] ?? NaN));
  }

  /** The unit vectors of several lists of rows, one list after the other, with room for more behind. */
  gather(lists: readonly Int32Array[], room = 0): VectorRows {
    const count = lists.reduce((sum, list) => sum + list.length, 0);
    const rows = new VectorRows(this.columns, count + room);
    let at = 0;
    for (const list of lists) for (const row of list) this.write(row, rows, at++);
    return rows;
  }
}

/** Euclidean distance of two unit vectors, 0..2, from their dot product. */
export function unitDistance(dot: number): number {
  return Math.sqrt(Math.max(2 - 2 * dot, 0));
}
