import type { Matrix } from '../selection/matrix.ts';

/** Images whose classes are known, so that what a strategy would have asked can be answered at once. */
export interface LabelledSet {
  /** Each once. */
  readonly ids: readonly string[];
  /** `[rows]`: the true class, as an index into `classes`. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** `[rows][classes]`: 1 where the image shows the class, else 0. Absent: each image has the one class of `labels`; else these say nothing. */
  readonly presence?: readonly (readonly number[])[];
  /** `[rows][columns]`, finite: what the classifier learns from, and by whose direction selection compares. */
  readonly embeddings: Matrix;
  /** `[rows]`: images of one group are near-copies, so none is in the hold-out while another may be asked. */
  readonly groups: readonly string[];
}

/** Some rows of a set, in their order. */
export function rowsOfSet(set: LabelledSet, rows: readonly number[]): LabelledSet {
  const { values, columns } = set.embeddings;
  const kept = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => kept.set(values.subarray(row * columns, (row + 1) * columns), at * columns));
  return {
    ids: rows.map((row) => set.ids[row] ?? ''),
    labels: Int32Array.from(rows, (row) => set.labels[row] ?? -1),
    classes: set.classes,
    ...(set.presence && { presence: rows.map((row) => set.presence?.[row] ?? []) }),
    embeddings: { values: kept, columns },
    groups: rows.map((row) => set.groups[row] ?? ''),
  };
}
