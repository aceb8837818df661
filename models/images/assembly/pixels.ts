/**
 * The passes over pixels, in AssemblyScript: `npm run build:pixels` compiles them into `../pixels-module.ts`.
 * The caller lays the memory out. A table of spans holds for each new place `first: i32, pairs: i32`, then `taps` weights of i16, fours of
 * them, which sum to 2^14; behind the last place come empty ones, to fours of places.
 */

/** Bytes before a span's weights. */
const spanHead: usize = 8;
/** Bits of a weight, and those of a blended line's fraction: 255 takes 8 more, and i16 has 15. */
const weightBits = 14;
const lineBits = 7;

/**
 * Resizes rows of three planes to RGB, or of one to grey: a new pixel is the weighted mean of the source pixels of its row and column spans.
 * Writes up to 16 bytes past each row's end. `line` has room for a source row in i16, in whole 16s.
 *
 * @param plane - Bytes of a plane's part of a row.
 */
export function resize(
  source: usize,
  sourceStride: usize,
  planes: u32,
  plane: usize,
  rows: usize,
  rowTaps: i32,
  columns: usize,
  columnTaps: i32,
  line: usize,
  target: usize,
  width: i32,
  height: i32,
): void {
  const rowBytes = <usize>planes * plane;
  const rowSize = spanHead + ((<usize>rowTaps) << 1);
  for (let y = 0; y < height; y++) {
    blendRows(source, sourceStride, rowBytes, rows, line);
    if (planes == 1) blendGrey(line, columns, columnTaps, target, width);
    else blendColour(line, plane << 1, columns, columnTaps, target, width);
    rows += rowSize;
    target += <usize>width * planes;
  }
}

/** The weighted sum of a span of rows; reads whole 16s. */
function blendRows(source: usize, stride: usize, bytes: usize, span: usize, line: usize): void {
  const pairs = load<i32>(span, 4);
  const start = source + <usize>load<i32>(span) * stride;
  if (pairs <= 2) {
    const nearest = v128.load32_splat(span, spanHead);
    const next = v128.load32_splat(span, spanHead + 4);
    if (pairs == 1) blendPairs<u8>(start, stride, bytes, nearest, next, line);
    else blendPairs<u16>(start, stride, bytes, nearest, next, line);
    return;
  }
  for (let x: usize = 0; x < bytes; x += 16) {
    let from = start + x;
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let pair = 0; pair < pairs; pair++) {
      const weights = v128.load32_splat(span + ((<usize>pair) << 2), spanHead);
      const left = lowBytes(v128.load(from), v128.load(from + stride));
      const right = highBytes(v128.load(from), v128.load(from + stride));
      a = i32x4.add(a, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(left), weights));
      b = i32x4.add(b, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(left), weights));
      c = i32x4.add(c, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(right), weights));
      d = i32x4.add(d, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(right), weights));
      from += stride << 1;
    }
    storeLine(line + (x << 1), a, b, c, d);
  }
}

/** So of one pair (`u8`) or two (`u16`), which most spans are: without a loop. */
function blendPairs<Pairs>(
  start: usize,
  stride: usize,
  bytes: usize,
  nearest: v128,
  next: v128,
  line: usize,
): void {
  for (let x: usize = 0; x < bytes; x += 16) {
    const from = start + x;
    const left = lowBytes(v128.load(from), v128.load(from + stride));
    const right = highBytes(v128.load(from), v128.load(from + stride));
    let a = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(left), nearest);
    let b = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(left), nearest);
    let c = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(right), nearest);
    let d = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(right), nearest);
    if (sizeof<Pairs>() == 2) {
      const third = from + stride + stride;
      const left = lowBytes(v128.load(third), v128.load(third + stride));
      const right = highBytes(v128.load(third), v128.load(third + stride));
      a = i32x4.add(a, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(left), next));
      b = i32x4.add(b, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(left), next));
      c = i32x4.add(c, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(right), next));
      d = i32x4.add(d, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(right), next));
    }
    storeLine(line, a, b, c, d);
    line += 32;
  }
}

/** Sixteen of a line, of their sums. */
function storeLine(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, i16x8.narrow_i32x4_s(fraction(a), fraction(b)));
  v128.store(to, i16x8.narrow_i32x4_s(fraction(c), fraction(d)), 16);
}

function lowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function highBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** Rounded, and with a half for the rounding to come: weights sum to one. */
function fraction(sum: v128): v128 {
  const halves = (1 << (weightBits - lineBits - 1)) + (1 << (weightBits - 1));
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(halves)), weightBits - lineBits);
}

function blendColour(line: usize, plane: usize, spans: usize, taps: i32, to: usize, width: i32): void {
  const size = spanHead + ((<usize>taps) << 1);
  for (let x = 0; x < width; x += 4) {
    const first = place(line, spans);
    const second = place(line, spans + size);
    const third = place(line, spans + 2 * size);
    const fourth = place(line, spans + 3 * size);
    let left = twoWeights(spans, size);
    let right = twoWeights(spans + 2 * size, size);
    let red = fourSums(first, second, third, fourth, left, right);
    let green = fourSums(first + plane, second + plane, third + plane, fourth + plane, left, right);
    let at = plane << 1;
    let blue = fourSums(first + at, second + at, third + at, fourth + at, left, right);
    for (let tap = 4; tap < taps; tap += 4) {
      at = (<usize>tap) << 1;
      left = twoWeights(spans + at, size);
      right = twoWeights(spans + 2 * size + at, size);
      red = i32x4.add(red, fourSums(first + at, second + at, third + at, fourth + at, left, right));
      at += plane;
      green = i32x4.add(green, fourSums(first + at, second + at, third + at, fourth + at, left, right));
      at += plane;
      blue = i32x4.add(blue, fourSums(first + at, second + at, third + at, fourth + at, left, right));
    }
    const planes = i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(whole(red), whole(green)),
      i16x8.narrow_i32x4_s(whole(blue), whole(blue)),
    );
    v128.store(to, i8x16.shuffle(planes, planes, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 15, 15, 15, 15));
    to += 12;
    spans += size << 2;
  }
}

function blendGrey(line: usize, spans: usize, taps: i32, to: usize, width: i32): void {
  const size = spanHead + ((<usize>taps) << 1);
  for (let x = 0; x < width; x += 4) {
    const first = place(line, spans);
    const second = place(line, spans + size);
    const third = place(line, spans + 2 * size);
    const fourth = place(line, spans + 3 * size);
    let sum = i32x4.splat(0);
    for (let tap = 0; tap < taps; tap += 4) {
      const at = (<usize>tap) << 1;
      const left = twoWeights(spans + at, size);
      const right = twoWeights(spans + 2 * size + at, size);
      sum = i32x4.add(sum, fourSums(first + at, second + at, third + at, fourth + at, left, right));
    }
    const halves = i16x8.narrow_i32x4_s(whole(sum), whole(sum));
    v128.store32_lane(to, i8x16.narrow_i16x8_u(halves, halves), 0);
    to += 4;
    spans += size << 2;
  }
}

/** Where a span begins in the line. */
function place(line: usize, span: usize): usize {
  return line + ((<usize>load<i32>(span)) << 1);
}

/** Four weights of a span and of the next. */
function twoWeights(span: usize, size: usize): v128 {
  return v128.load64_lane(span + size + spanHead, v128.load64_zero(span + spanHead), 1);
}

/** Of four new pixels of a plane, by four taps. */
function fourSums(first: usize, second: usize, third: usize, fourth: usize, left: v128, right: v128): v128 {
  const a = i32x4.dot_i16x8_s(v128.load64_lane(second, v128.load64_zero(first), 1), left);
  const b = i32x4.dot_i16x8_s(v128.load64_lane(fourth, v128.load64_zero(third), 1), right);
  return i32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** A pixel of its sum; the line's pixels have the half that rounds it in them. */
function whole(sum: v128): v128 {
  return i32x4.shr_s(sum, weightBits + lineBits);
}

/** RGBX to rows of three planes, each in its place. `room` is for a row. */
export function split(source: usize, width: i32, height: i32, room: usize): void {
  const plane = <usize>width;
  const vectors = plane & ~15;
  for (let y = 0; y < height; y++) {
    for (let x: usize = 0; x < vectors; x += 16) {
      const a = v128.load(source + (x << 2));
      const b = v128.load(source + (x << 2), 16);
      const c = v128.load(source + (x << 2), 32);
      const d = v128.load(source + (x << 2), 48);
      const left = redGreen(a, b);
      const right = redGreen(c, d);
      v128.store(room + x, i64x2.shuffle(left, right, 0, 2));
      v128.store(room + plane + x, i64x2.shuffle(left, right, 1, 3));
      v128.store(room + plane + plane + x, i64x2.shuffle(blues(a, b), blues(c, d), 0, 2));
    }
    for (let x = vectors; x < plane; x++) {
      store<u8>(room + x, load<u8>(source + (x << 2)));
      store<u8>(room + plane + x, load<u8>(source + (x << 2), 1));
      store<u8>(room + plane + plane + x, load<u8>(source + (x << 2), 2));
    }
    memory.copy(source, room, 3 * plane);
    source += plane << 2;
  }
}

/** Of eight pixels, eight and eight. */
function redGreen(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
}

function blues(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 2, 6, 10, 14, 18, 22, 26, 30, 2, 6, 10, 14, 18, 22, 26, 30);
}

/** RGB bytes to three planes of f32, `byte * factor + offset` by channel. Reads up to 4 bytes past the end. */
export function planes(
  source: usize,
  pixels: i32,
  target: usize,
  factor0: f32,
  factor1: f32,
  factor2: f32,
  offset0: f32,
  offset1: f32,
  offset2: f32,
): void {
  const plane = (<usize>pixels) << 2;
  const red = i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
  const green = i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1);
  const blue = i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1);
  let to = target;
  let from = source;
  const fours = pixels & ~3;
  // Tested behind its body: only out of such a loop does V8 take what is constant.
  let pixel = 0;
  if (fours > 0)
    do {
      const bytes = v128.load(from);
      v128.store(to, scaled(i8x16.swizzle(bytes, red), factor0, offset0));
      v128.store(to + plane, scaled(i8x16.swizzle(bytes, green), factor1, offset1));
      v128.store(to + plane + plane, scaled(i8x16.swizzle(bytes, blue), factor2, offset2));
      from += 12;
      to += 16;
      pixel += 4;
    } while (pixel < fours);
  for (let pixel = fours; pixel < pixels; pixel++) {
    store<f32>(to, <f32>load<u8>(from) * factor0 + offset0);
    store<f32>(to + plane, <f32>load<u8>(from, 1) * factor1 + offset1);
    store<f32>(to + plane + plane, <f32>load<u8>(from, 2) * factor2 + offset2);
    from += 3;
    to += 4;
  }
}

function scaled(whole: v128, factor: f32, offset: f32): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(whole), f32x4.splat(factor)), f32x4.splat(offset));
}
