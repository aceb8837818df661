import { assertProbabilityRows } from './probability-rows.ts';

/** The formula of a score: what it gives for `values[start … start + classes)`, a row that has been checked. */
export type RowKernel = (values: ArrayLike<number>, start: number, classes: number) => number;

/** A score of each row, after all of them have been checked. */
export function scoresOfRows(kernel: RowKernel, rows: readonly (readonly number[])[]): number[] {
  assertProbabilityRows(rows);
  return rows.map((row) => kernel(row, 0, row.length));
}
