import { hashUnit } from '../hash.ts';

/** Rows in an order at random that the seed and their ids alone decide, wherever they stand. */
export function seededOrder(rows: Int32Array, ids: readonly string[], seed: string): Int32Array {
  const places = Float64Array.from(rows, (row) => hashUnit(`${seed}/order`, ids[row] ?? ''));
  return rows
    .map((_, index) => index)
    .sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0) || compare(ids[rows[a] ?? -1], ids[rows[b] ?? -1]))
    .map((index) => rows[index] ?? -1);
}

function compare(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other);
}
