import type { Matrix } from './matrix.ts';
import { VectorRows } from './vector-rows.ts';

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

  /** Why a row has no direction; null when it has one. */
  fault(row: number): string | null {
    const factor = this.#factors[row] ?? NaN;
    if (factor > 0 && factor < Infinity) return null;
    if (factor === Infinity) return 'its embedding is all zeros';
    return 'its embedding holds a number that is not finite';
  }

  /** Copies the unit vector of `row` to `rows[at]`. */
  write(row: number, rows: VectorRows, at: number): void {
    const { values, columns } = this.#matrix;
    const factor = this.#factors[row] ?? NaN;
    const target = rows.row(at);
    for (let column = 0, from = row * columns; column < columns; column++, from++)
      target[column] = (values[from] ?? NaN) * factor;
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
