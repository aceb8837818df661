import { blockAt } from './area';

/** Two factors, again and again, for the sums of products of {@link low} and {@link high}. */
export function factors(first: i32, second: i32): v128 {
  return i32x4.splat((second << 16) | (first & 0xffff));
}

/** The first four of two vectors, in turn. */
export function low(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four. */
export function high(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** The first two of two vectors of pairs, in turn. */
export function lowPairs(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 4, 1, 5);
}

/** The last two. */
export function highPairs(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 2, 6, 3, 7);
}

/** Without so many bits, rounded. */
export function rounded(sum: v128, bits: i32): v128 {
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << (bits - 1))), bits);
}

/** A row of the block, multiplied by its steps. */
export function blockRow(row: usize, steps: usize): v128 {
  const offset = row << 4;
  return i16x8.mul(v128.load(blockAt + offset), v128.load(steps + offset));
}
