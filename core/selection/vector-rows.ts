import { DomainError } from '../errors.ts';
import { dotProductsWasm } from './dot-products-wasm.ts';

/** What of WebAssembly is used here; TypeScript declares it for browsers only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
};

type Dots = (row: number, rows: number, count: number, bytes: number, out: number) => void;

const pageBytes = 65_536;
/** A WebAssembly memory ends at 4 GiB. */
const maxPages = 65_536;
let compiled: object | undefined;

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
  readonly #dots: Dots;

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
    const pages = Math.ceil(((this.#firstRow + capacity * this.#stride) * 4) / pageBytes) + 1;
    if (pages > maxPages)
      throw new DomainError(
        `${capacity} vectors of ${columns} numbers do not fit into 4 GiB; ${Math.floor((maxPages * pageBytes) / 4 / (this.#stride + 1))} would. Let the strategy look at fewer: two-stage needs the vectors of its candidates only.`,
      );
    const memory = new WebAssembly.Memory({ initial: pages });
    this.#values = new Float32Array(memory.buffer);
    compiled ??= new WebAssembly.Module(Uint8Array.from(atob(dotProductsWasm), (c) => c.charCodeAt(0)));
    const { exports } = new WebAssembly.Instance(compiled, { rows: { memory } });
    this.#dots = (exports as { dots: Dots }).dots;
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
    this.#run(row, from, to);
    return this.#values.subarray(0, to - from);
  }

  /** The largest dot product of one row with the rows `from` to `to` (excluded); −Infinity without any. */
  largestDot(row: number, from: number, to: number): number {
    this.#run(row, from, to);
    let largest = -Infinity;
    for (let at = 0; at < to - from; at++) {
      const dot = this.#values[at] ?? 0;
      if (dot > largest) largest = dot;
    }
    return largest;
  }

  #run(row: number, from: number, to: number): void {
    const bytes = this.#stride * 4;
    const start = this.#firstRow * 4;
    this.#dots(start + row * bytes, start + from * bytes, to - from, bytes, 0);
  }
}
