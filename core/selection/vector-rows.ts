import { dotProducts, maxDotProductBytes, type DotProducts } from './dot-products.ts';

/**
 * Float32 vectors of one length in one block of memory, and their dot products by SIMD. The product of two rows depends on nothing but
 * their values: not on where they lie, nor on the machine.
 */
export class VectorRows {
  readonly columns: number;
  readonly capacity: number;
  readonly #stride: number;
  readonly #firstRow: number;
  readonly #values: Float32Array;
  readonly #products: DotProducts;

  /**
   * @param columns - Length of a vector, 1 or more.
   * @param capacity - Rows there is room for; all are zero at first.
   * @throws {@link DomainError} when they do not fit into 4 GiB, saying how many would. Never retried.
   */
  constructor(columns: number, capacity: number) {
    this.columns = columns;
    this.capacity = capacity;
    this.#stride = Math.ceil(columns / 4) * 4;
    // The answers of one call lie before the rows.
    this.#firstRow = Math.ceil(capacity / 4) * 4;
    const bytes = (this.#firstRow + capacity * this.#stride) * 4;
    const most = maxDotProductBytes / 4 / (this.#stride + 1);
    this.#products = dotProducts(bytes, { capacity, columns, most });
    this.#values = new Float32Array(this.#products.buffer);
  }

  /** Row `index`, to read and to write, without a copy. */
  row(index: number): Float32Array {
    const start = this.#firstRow + index * this.#stride;
    return this.#values.subarray(start, start + this.columns);
  }

  /** Copies row `from` over row `to`. */
  copy(from: number, to: number): void {
    this.row(to).set(this.row(from));
  }

  /**
   * Dot products of one row with the rows `from` to `to` (excluded).
   *
   * @returns `[to − from]`; the next call writes over it.
   */
  dots(row: number, from: number, to: number): Float32Array {
    const bytes = this.#stride * 4;
    const start = this.#firstRow * 4;
    this.#products.dots(start + row * bytes, start + from * bytes, to - from, bytes, 0);
    return this.#values.subarray(0, to - from);
  }
}
