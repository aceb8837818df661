import { DomainError } from '../errors.ts';
import { hash53 } from '../hash.ts';

/**
 * The rows in an order at random that the seed and their ids alone decide, wherever they stand.
 *
 * @throws {@link DomainError} naming an id that stands twice: nothing could tell the two apart. Never retried.
 */
export function seededOrder(ids: readonly string[], seed: string): Int32Array {
  const count = ids.length;
  const salt = hash53(seed) | 0;
  // Place and row in one number, so that the engine sorts numbers: a tenth of the time of a comparison.
  const keys = new Float64Array(count);
  for (let row = 0; row < count; row++)
    keys[row] = Math.floor(hash53(ids[row] ?? '', salt) / 2 / count) * count + row;
  keys.sort();
  const rows = new Int32Array(count);
  for (let at = 0; at < count; at++) rows[at] = (keys[at] ?? 0) % count;
  const placeOf = (at: number) => Math.floor((keys[at] ?? -1) / count);
  for (let start = 0, end = 1; start < count; start = end++) {
    while (end < count && placeOf(end) === placeOf(start)) end += 1;
    if (end - start > 1) sortById(rows.subarray(start, end), ids);
  }
  return rows;
}

/** By what an id comes in {@link seededOrder}, but for the rounding there: lower is earlier. */
export function placeInOrder(id: string, seed: string): number {
  return hash53(id, hash53(seed) | 0);
}

/** Rows that share a place: few, or one id twice. */
function sortById(rows: Int32Array, ids: readonly string[]): void {
  rows.sort((a, b) => {
    const [one = '', other = ''] = [ids[a], ids[b]];
    if (one === other) throw new DomainError(`The id "${one}" stands twice.`);
    return one < other ? -1 : 1;
  });
}
