import { blockRow, factors, high, highPairs, low, lowPairs, rounded } from './vectors';

/** The block as 4 x 4 pixels. @see `jidctred.c` of libjpeg-turbo. */
export function halvedBlock(steps: usize, to: usize, stride: usize): void {
  const row0 = blockRow(0, steps);
  const row1 = blockRow(1, steps);
  const row2 = blockRow(2, steps);
  const row3 = blockRow(3, steps);
  const row5 = blockRow(5, steps);
  const row6 = blockRow(6, steps);
  const row7 = blockRow(7, steps);
  const even = factors(15137, -6270);
  const inner37 = factors(-17799, -1730);
  const inner15 = factors(8697, 11893);
  const outer37 = factors(7373, -4176);
  const outer15 = factors(20995, -4926);

  const low37 = low(row3, row7);
  const low15 = low(row1, row5);
  const lowMean = i32x4.shl(i32x4.extend_low_i16x8_s(row0), 14);
  const lowEven = i32x4.dot_i16x8_s(low(row2, row6), even);
  const lowInner = i32x4.add(i32x4.dot_i16x8_s(low37, inner37), i32x4.dot_i16x8_s(low15, inner15));
  const lowOuter = i32x4.add(i32x4.dot_i16x8_s(low37, outer37), i32x4.dot_i16x8_s(low15, outer15));
  const lowEnds = i32x4.add(lowMean, lowEven);
  const lowMiddle = i32x4.sub(lowMean, lowEven);

  const high37 = high(row3, row7);
  const high15 = high(row1, row5);
  const highMean = i32x4.shl(i32x4.extend_high_i16x8_s(row0), 14);
  const highEven = i32x4.dot_i16x8_s(high(row2, row6), even);
  const highInner = i32x4.add(i32x4.dot_i16x8_s(high37, inner37), i32x4.dot_i16x8_s(high15, inner15));
  const highOuter = i32x4.add(i32x4.dot_i16x8_s(high37, outer37), i32x4.dot_i16x8_s(high15, outer15));
  const highEnds = i32x4.add(highMean, highEven);
  const highMiddle = i32x4.sub(highMean, highEven);

  const line0 = narrowed(i32x4.add(lowEnds, lowOuter), i32x4.add(highEnds, highOuter), 12);
  const line1 = narrowed(i32x4.add(lowMiddle, lowInner), i32x4.add(highMiddle, highInner), 12);
  const line2 = narrowed(i32x4.sub(lowMiddle, lowInner), i32x4.sub(highMiddle, highInner), 12);
  const line3 = narrowed(i32x4.sub(lowEnds, lowOuter), i32x4.sub(highEnds, highOuter), 12);

  // Columns, of which each line has eight and four are left.
  const upperLow = low(line0, line1);
  const upperHigh = high(line0, line1);
  const lowerLow = low(line2, line3);
  const lowerHigh = high(line2, line3);
  const columns01 = lowPairs(upperLow, lowerLow);
  const columns23 = highPairs(upperLow, lowerLow);
  const columns45 = lowPairs(upperHigh, lowerHigh);
  const columns67 = highPairs(upperHigh, lowerHigh);
  const columns37 = high(columns23, columns67);
  const columns15 = high(columns01, columns45);
  const mean = i32x4.shl(i32x4.extend_low_i16x8_s(columns01), 14);
  const evens = i32x4.dot_i16x8_s(low(columns23, columns67), even);
  const inner = i32x4.add(i32x4.dot_i16x8_s(columns37, inner37), i32x4.dot_i16x8_s(columns15, inner15));
  const outer = i32x4.add(i32x4.dot_i16x8_s(columns37, outer37), i32x4.dot_i16x8_s(columns15, outer15));
  const ends = i32x4.add(mean, evens);
  const middle = i32x4.sub(mean, evens);
  const left = narrowed(i32x4.add(ends, outer), i32x4.add(middle, inner), 19);
  const right = narrowed(i32x4.sub(middle, inner), i32x4.sub(ends, outer), 19);
  const columns = v128.xor(i8x16.narrow_i16x8_s(left, right), i8x16.splat(-128));
  const rows = i8x16.shuffle(columns, columns, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  v128.store32_lane(to, rows, 0);
  v128.store32_lane(to + stride, rows, 1);
  v128.store32_lane(to + 2 * stride, rows, 2);
  v128.store32_lane(to + 3 * stride, rows, 3);
}

function narrowed(first: v128, second: v128, bits: i32): v128 {
  return i16x8.narrow_i32x4_s(rounded(first, bits), rounded(second, bits));
}
