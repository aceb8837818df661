import { DomainError } from '../errors.ts';

/**
 * Checks class probabilities: rows finite, ≥ 0, summing to 1 (±1e-3), two classes or more, all of one length.
 *
 * @throws {@link DomainError} naming the first bad row's index. Never retried.
 */
export function assertProbabilityRows(rows: readonly (readonly number[])[]): void {
  const classes = rows[0]?.length ?? 2;
  if (classes < 2) throw new DomainError(`A score needs two classes or more; row 0 has ${classes}.`);
  rows.forEach((row, index) => {
    if (row.length !== classes)
      throw new DomainError(`Row ${index} has ${row.length} probabilities, row 0 has ${classes}.`);
    let sum = 0;
    for (const p of row) {
      if (!(p >= 0 && p <= 1 + 1e-3))
        throw new DomainError(`Row ${index} holds ${p}, which is no probability (0..1).`);
      sum += p;
    }
    if (Math.abs(sum - 1) > 1e-3)
      throw new DomainError(`Row ${index} sums to ${sum.toFixed(4)}; probabilities sum to 1 ± 0.001.`);
  });
}

/** The largest two of a row of two or more. */
export function topTwo(row: readonly number[]): [number, number] {
  let first = -Infinity;
  let second = -Infinity;
  for (const p of row) {
    if (p > first) {
      second = first;
      first = p;
    } else if (p > second) second = p;
  }
  return [first, second];
}
