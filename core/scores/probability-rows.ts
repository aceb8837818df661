import { DomainError } from '../errors.ts';

/** How far the sum of a row may be from 1. */
export const sumTolerance = 1e-3;

/**
 * What is wrong with `values[start … start + classes)` as the probabilities of one choice among the classes, as the end of a sentence that
 * begins with the row; null when they are finite, ≥ 0, two or more, and sum to 1 (±1e-3).
 */
export function rowFault(values: ArrayLike<number>, start: number, classes: number): string | null {
  if (classes < 2)
    return `has ${classes === 1 ? 'one class' : 'no class'}; a score needs two classes or more`;
  let sum = 0;
  for (let index = start; index < start + classes; index++) {
    const p = values[index] ?? NaN;
    if (!(p >= 0 && p <= 1 + sumTolerance)) return `holds ${p}, which is no probability (0..1)`;
    sum += p;
  }
  return Math.abs(sum - 1) <= sumTolerance
    ? null
    : `sums to ${sum.toFixed(4)}; probabilities sum to 1 ± ${sumTolerance}`;
}

/** The same for the probabilities of classes that do not exclude one another: of any sum, one or more. */
export function severalFault(values: ArrayLike<number>, start: number, classes: number): string | null {
  if (classes === 0) return 'has no class';
  for (let index = start; index < start + classes; index++) {
    const p = values[index] ?? NaN;
    if (!(p >= 0 && p <= 1 + sumTolerance)) return `holds ${p}, which is no probability (0..1)`;
  }
  return null;
}

/**
 * Checks class probabilities: rows without a {@link rowFault}, all of one length.
 *
 * @throws {@link DomainError} naming the first bad row's index. Never retried.
 */
export function assertProbabilityRows(rows: readonly (readonly number[])[], faultOf = rowFault): void {
  const classes = rows[0]?.length ?? 0;
  rows.forEach((row, index) => {
    const fault =
      row.length === classes
        ? faultOf(row, 0, classes)
        : `has ${row.length} probabilities, row 0 has ${classes}`;
    if (fault !== null) throw new DomainError(`Row ${index} ${fault}.`);
  });
}

/** The largest two of a row of two or more. */
export function topTwo(values: ArrayLike<number>, start: number, classes: number): [number, number] {
  let first = -Infinity;
  let second = -Infinity;
  for (let index = start; index < start + classes; index++) {
    const p = values[index] ?? NaN;
    if (p > first) {
      second = first;
      first = p;
    } else if (p > second) second = p;
  }
  return [first, second];
}
