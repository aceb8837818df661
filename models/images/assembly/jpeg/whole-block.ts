import { workAt } from './area';
import { blockRow, factors, high, highPairs, low, lowPairs } from './vectors';

/** The block as 8 x 8 pixels. @see `jidctint.c` of libjpeg-turbo. */
export function wholeBlock(steps: usize, to: usize, stride: usize): void {
  transform<u8>(
    blockRow(0, steps),
    blockRow(1, steps),
    blockRow(2, steps),
    blockRow(3, steps),
    blockRow(4, steps),
    blockRow(5, steps),
    blockRow(6, steps),
    blockRow(7, steps),
  );
  transformColumns();
  storeBytes(to, stride);
}

/** One of the two passes (`u8`: the first, `u16`: the second, so that each is compiled in its place): eight columns of eight rows, to `workAt`. */
function transform<Pass>(
  row0: v128,
  row1: v128,
  row2: v128,
  row3: v128,
  row4: v128,
  row5: v128,
  row6: v128,
  row7: v128,
): void {
  const bits = sizeof<Pass>() == 1 ? 11 : 18;
  const half = i32x4.splat(1 << (bits - 1));
  const sum = i16x8.add(row0, row4);
  const difference = i16x8.sub(row0, row4);
  const odd3 = i16x8.add(row7, row3);
  const odd4 = i16x8.add(row5, row1);

  const lowSum = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_s(sum), 13), half);
  const lowDifference = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_s(difference), 13), half);
  const low26 = low(row2, row6);
  const lowOuter = i32x4.dot_i16x8_s(low26, factors(10703, 4433));
  const lowInner = i32x4.dot_i16x8_s(low26, factors(4433, -10704));
  const lowEven0 = i32x4.add(lowSum, lowOuter);
  const lowEven1 = i32x4.add(lowDifference, lowInner);
  const lowEven2 = i32x4.sub(lowDifference, lowInner);
  const lowEven3 = i32x4.sub(lowSum, lowOuter);
  const low34 = low(odd3, odd4);
  const low3 = i32x4.dot_i16x8_s(low34, factors(-6436, 9633));
  const low4 = i32x4.dot_i16x8_s(low34, factors(9633, 6437));
  const low71 = low(row7, row1);
  const low53 = low(row5, row3);
  const lowOdd0 = i32x4.add(i32x4.dot_i16x8_s(low71, factors(-7373, 4926)), low4);
  const lowOdd1 = i32x4.add(i32x4.dot_i16x8_s(low53, factors(-20995, 4177)), low3);
  const lowOdd2 = i32x4.add(i32x4.dot_i16x8_s(low53, factors(-4176, -20995)), low4);
  const lowOdd3 = i32x4.add(i32x4.dot_i16x8_s(low71, factors(-4927, -7373)), low3);

  const highSum = i32x4.add(i32x4.shl(i32x4.extend_high_i16x8_s(sum), 13), half);
  const highDifference = i32x4.add(i32x4.shl(i32x4.extend_high_i16x8_s(difference), 13), half);
  const high26 = high(row2, row6);
  const highOuter = i32x4.dot_i16x8_s(high26, factors(10703, 4433));
  const highInner = i32x4.dot_i16x8_s(high26, factors(4433, -10704));
  const highEven0 = i32x4.add(highSum, highOuter);
  const highEven1 = i32x4.add(highDifference, highInner);
  const highEven2 = i32x4.sub(highDifference, highInner);
  const highEven3 = i32x4.sub(highSum, highOuter);
  const high34 = high(odd3, odd4);
  const high3 = i32x4.dot_i16x8_s(high34, factors(-6436, 9633));
  const high4 = i32x4.dot_i16x8_s(high34, factors(9633, 6437));
  const high71 = high(row7, row1);
  const high53 = high(row5, row3);
  const highOdd0 = i32x4.add(i32x4.dot_i16x8_s(high71, factors(-7373, 4926)), high4);
  const highOdd1 = i32x4.add(i32x4.dot_i16x8_s(high53, factors(-20995, 4177)), high3);
  const highOdd2 = i32x4.add(i32x4.dot_i16x8_s(high53, factors(-4176, -20995)), high4);
  const highOdd3 = i32x4.add(i32x4.dot_i16x8_s(high71, factors(-4927, -7373)), high3);

  storeRow(0, i32x4.add(lowEven0, lowOdd0), i32x4.add(highEven0, highOdd0), bits);
  storeRow(7, i32x4.sub(lowEven0, lowOdd0), i32x4.sub(highEven0, highOdd0), bits);
  storeRow(1, i32x4.add(lowEven1, lowOdd1), i32x4.add(highEven1, highOdd1), bits);
  storeRow(6, i32x4.sub(lowEven1, lowOdd1), i32x4.sub(highEven1, highOdd1), bits);
  storeRow(2, i32x4.add(lowEven2, lowOdd2), i32x4.add(highEven2, highOdd2), bits);
  storeRow(5, i32x4.sub(lowEven2, lowOdd2), i32x4.sub(highEven2, highOdd2), bits);
  storeRow(3, i32x4.add(lowEven3, lowOdd3), i32x4.add(highEven3, highOdd3), bits);
  storeRow(4, i32x4.sub(lowEven3, lowOdd3), i32x4.sub(highEven3, highOdd3), bits);
}

function storeRow(row: usize, first: v128, second: v128, bits: i32): void {
  v128.store(workAt + (row << 4), i16x8.narrow_i32x4_s(i32x4.shr_s(first, bits), i32x4.shr_s(second, bits)));
}

function workRow(row: usize): v128 {
  return v128.load(workAt + (row << 4));
}

/** The second pass. */
function transformColumns(): void {
  const low01 = low(workRow(0), workRow(1));
  const high01 = high(workRow(0), workRow(1));
  const low23 = low(workRow(2), workRow(3));
  const high23 = high(workRow(2), workRow(3));
  const low45 = low(workRow(4), workRow(5));
  const high45 = high(workRow(4), workRow(5));
  const low67 = low(workRow(6), workRow(7));
  const high67 = high(workRow(6), workRow(7));
  const upper01 = lowPairs(low01, low23);
  const upper23 = highPairs(low01, low23);
  const upper45 = lowPairs(high01, high23);
  const upper67 = highPairs(high01, high23);
  const lower01 = lowPairs(low45, low67);
  const lower23 = highPairs(low45, low67);
  const lower45 = lowPairs(high45, high67);
  const lower67 = highPairs(high45, high67);
  transform<u16>(
    i64x2.shuffle(upper01, lower01, 0, 2),
    i64x2.shuffle(upper01, lower01, 1, 3),
    i64x2.shuffle(upper23, lower23, 0, 2),
    i64x2.shuffle(upper23, lower23, 1, 3),
    i64x2.shuffle(upper45, lower45, 0, 2),
    i64x2.shuffle(upper45, lower45, 1, 3),
    i64x2.shuffle(upper67, lower67, 0, 2),
    i64x2.shuffle(upper67, lower67, 1, 3),
  );
}

/** What two passes have left, by column, as rows of bytes. */
export function storeBytes(to: usize, stride: usize): void {
  const columns04 = columnBytes(0);
  const columns15 = columnBytes(1);
  const columns26 = columnBytes(2);
  const columns37 = columnBytes(3);
  const left01 = lowBytes(columns04, columns15);
  const left23 = lowBytes(columns26, columns37);
  const right45 = highBytes(columns04, columns15);
  const right67 = highBytes(columns26, columns37);
  const upperLeft = low(left01, left23);
  const upperRight = low(right45, right67);
  const lowerLeft = high(left01, left23);
  const lowerRight = high(right45, right67);
  storeRows(to, stride, lowPairs(upperLeft, upperRight));
  storeRows(to + 2 * stride, stride, highPairs(upperLeft, upperRight));
  storeRows(to + 4 * stride, stride, lowPairs(lowerLeft, lowerRight));
  storeRows(to + 6 * stride, stride, highPairs(lowerLeft, lowerRight));
}

/** A column and the fourth behind it. */
function columnBytes(column: usize): v128 {
  return v128.xor(i8x16.narrow_i16x8_s(workRow(column), workRow(column + 4)), i8x16.splat(-128));
}

function lowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function highBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function storeRows(to: usize, stride: usize, rows: v128): void {
  v128.store64_lane(to, rows, 0);
  v128.store64_lane(to + stride, rows, 1);
}
