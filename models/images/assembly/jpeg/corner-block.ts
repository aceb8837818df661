import { workAt } from './area';
import { blockRow, factors, low } from './vectors';
import { storeBytes } from './whole-block';

/** So many coefficients behind DC, in the order that they are coded in, lie in the first four rows and columns. */
export const lastOfCorner: u32 = 9;

/** A block that has no others as 8 x 8 pixels: as `wholeBlock` does it, without what is zero. */
export function cornerBlock(steps: usize, to: usize, stride: usize): void {
  const even = low(blockRow(0, steps), blockRow(2, steps));
  const odd = low(blockRow(1, steps), blockRow(3, steps));
  const rows01 = i16x8.narrow_i32x4_s(line0(even, odd, 11), line1(even, odd, 11));
  const rows23 = i16x8.narrow_i32x4_s(line2(even, odd, 11), line3(even, odd, 11));
  const rows45 = i16x8.narrow_i32x4_s(line4(even, odd, 11), line5(even, odd, 11));
  const rows67 = i16x8.narrow_i32x4_s(line6(even, odd, 11), line7(even, odd, 11));
  const upperEven = evens(rows01, rows23);
  const upperOdd = odds(rows01, rows23);
  const lowerEven = evens(rows45, rows67);
  const lowerOdd = odds(rows45, rows67);
  storeColumn(0, line0(upperEven, upperOdd, 18), line0(lowerEven, lowerOdd, 18));
  storeColumn(1, line1(upperEven, upperOdd, 18), line1(lowerEven, lowerOdd, 18));
  storeColumn(2, line2(upperEven, upperOdd, 18), line2(lowerEven, lowerOdd, 18));
  storeColumn(3, line3(upperEven, upperOdd, 18), line3(lowerEven, lowerOdd, 18));
  storeColumn(4, line4(upperEven, upperOdd, 18), line4(lowerEven, lowerOdd, 18));
  storeColumn(5, line5(upperEven, upperOdd, 18), line5(lowerEven, lowerOdd, 18));
  storeColumn(6, line6(upperEven, upperOdd, 18), line6(lowerEven, lowerOdd, 18));
  storeColumn(7, line7(upperEven, upperOdd, 18), line7(lowerEven, lowerOdd, 18));
  storeBytes(to, stride);
}

/** The first of eight lines, of sums of the even and the odd ones of the four, in turn. */
function line0(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, 10703, 11363, 9633, bits);
}

function line1(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, 4433, 9633, -2259, bits);
}

function line2(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, -4433, 6437, -11362, bits);
}

function line3(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, -10703, 2260, -6436, bits);
}

function line4(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, -10703, -2260, 6436, bits);
}

function line5(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, -4433, -6437, 11362, bits);
}

function line6(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, 4433, -9633, 2259, bits);
}

function line7(even: v128, odd: v128, bits: i32): v128 {
  return sum(even, odd, 10703, -11363, -9633, bits);
}

function sum(even: v128, odd: v128, of2: i32, of1: i32, of3: i32, bits: i32): v128 {
  const rounding = i32x4.splat(1 << (bits - 1));
  const evenSum = i32x4.add(i32x4.dot_i16x8_s(even, factors(1 << 13, of2)), rounding);
  return i32x4.shr_s(i32x4.add(evenSum, i32x4.dot_i16x8_s(odd, factors(of1, of3))), bits);
}

function evens(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}

function odds(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

function storeColumn(column: usize, upper: v128, lower: v128): void {
  v128.store(workAt + (column << 4), i16x8.narrow_i32x4_s(upper, lower));
}
