/** Numbers with a shape, the last axis running fastest, as numpy's C order. */
export interface NumberArray {
  /** Lengths by axis; `[n]` or `[n, m]` when it has rows with ids. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
  /** Names of the rows, where the source has any. */
  readonly ids?: readonly string[];
  /** Names of the columns of an `[n, m]`, or of the one of an `[n]`, where the source has any. */
  readonly columns?: readonly string[];
}

/** How many numbers a shape holds. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
