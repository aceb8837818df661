import { DomainError } from '../errors.ts';
import { dotProductsWasm } from './dot-products-wasm.ts';

/** What of WebAssembly is used here; TypeScript declares it for browsers only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
};

/** Dot products of the row at `row` with `count` rows from `rows` on, written to `out`. All but `count` are bytes, `bytes` those of a row. */
type Dots<Result> = (row: number, rows: number, count: number, bytes: number, out: number) => Result;

/** A block of memory, all zeros at first, and the dot products of rows in it. */
export interface DotProducts {
  readonly buffer: ArrayBuffer;
  /** Of float32 rows, padded to whole vectors of 16 bytes. */
  readonly dots: Dots<void>;
  /** Writes the float32 at `from`, times `factor` and rounded to int16, to the `bytes` at `to`. */
  readonly round: (from: number, to: number, bytes: number, factor: number) => void;
  /** Of int16 rows, padded to 32 bytes, to int32, which no sum may leave. Gives the largest; −2³¹ without any. */
  readonly roundedDots: Dots<number>;
}

/** Where a WebAssembly memory ends: 4 GiB. */
export const maxDotProductBytes = 65_536 * 65_536;
const pageBytes = 65_536;
let compiled: object | undefined;

/**
 * @param vectors - That the bytes are for, and how many of them the memory holds at most.
 * @throws {@link DomainError} when the bytes are more than a memory has, saying how many vectors would fit. Never retried.
 */
export function dotProducts(
  bytes: number,
  { capacity, columns, most }: { capacity: number; columns: number; most: number },
): DotProducts {
  if (bytes > maxDotProductBytes)
    throw new DomainError(
      `${capacity} vectors of ${columns} numbers do not fit into 4 GiB; ${Math.floor(most)} would. Let the strategy look at fewer: two-stage needs the vectors of its candidates only.`,
    );
  const memory = new WebAssembly.Memory({ initial: Math.max(Math.ceil(bytes / pageBytes), 1) });
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(dotProductsWasm), (c) => c.charCodeAt(0)));
  const { exports } = new WebAssembly.Instance(compiled, { rows: { memory } });
  return { buffer: memory.buffer, ...(exports as Omit<DotProducts, 'buffer'>) };
}
