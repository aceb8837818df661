/** Rows of numbers, one after the other. */
export interface Matrix {
  /** `[rows × columns]`. */
  readonly values: Float32Array | Float64Array;
  readonly columns: number;
}

/** Row `row` of a matrix, without a copy. */
export function matrixRow({ values, columns }: Matrix, row: number): Float32Array | Float64Array {
  return values.subarray(row * columns, (row + 1) * columns);
}
