import type { Matrix } from '../selection/matrix.ts';

/** Of the columns of embeddings, in the mean: the scale that a classifier's strength goes by. 1 of rows that are all the same. */
export function meanVariance({ values, columns }: Matrix): number {
  const rows = values.length / columns;
  const means = new Float64Array(columns);
  for (let at = 0; at < values.length; at++)
    means[at % columns] = (means[at % columns] ?? 0) + (values[at] ?? NaN) / rows;
  let squares = 0;
  for (let at = 0; at < values.length; at++)
    squares += ((values[at] ?? NaN) - (means[at % columns] ?? NaN)) ** 2;
  return squares === 0 ? 1 : squares / values.length;
}
