import { DomainError } from '../errors.ts';
import { hashUnit } from '../hash.ts';

/**
 * The rows in an order at random that the seed and their ids alone decide, wherever they stand.
 *
 * @throws {@link DomainError} naming an id that stands twice: nothing could tell the two apart. Never retried.
 */
export function seededOrder(ids: readonly string[], seed: string): Int32Array {
  const places = Float64Array.from(ids, (id) => hashUnit(`${seed}/order`, id));
  const rows = Int32Array.from(places, (_, row) => row).sort(
    (a, b) => (places[a] ?? 0) - (places[b] ?? 0) || compare(ids[a], ids[b]),
  );
  for (let at = 1; at < rows.length; at++) {
    const id = ids[rows[at] ?? -1];
    if (id === ids[rows[at - 1] ?? -1]) throw new DomainError(`The id "${id ?? ''}" stands twice.`);
  }
  return rows;
}

function compare(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other);
}
