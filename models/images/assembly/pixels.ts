/**
 * The two passes over pixels, in AssemblyScript: `npm run build:pixels` compiles them into `../pixels-module.ts`.
 * The caller lays the memory out. A table of spans holds for each new place `first: i32, pairs: i32`, then `taps` weights of i16, an even
 * number of them, which sum to 2^14.
 */

/** Bytes before a span's weights. */
const spanHead: usize = 8;
/** Bits of a weight, and those of a blended line's fraction: 255 takes 8 more, and i16 has 15. */
const weightBits = 14;
const lineBits = 7;

/**
 * Resizes RGBX (`channels` 4) to RGB, or grey (1) to grey: a new pixel is the weighted mean of the source pixels of its row and column spans.
 * Writes rows `targetStride` bytes apart, and a byte past each row's end. `line` has room for a source row in i16, in whole 16s.
 */
export function resize(
  source: usize,
  sourceWidth: i32,
  channels: i32,
  rows: usize,
  rowTaps: i32,
  columns: usize,
  columnTaps: i32,
  line: usize,
  target: usize,
  width: i32,
  height: i32,
  targetStride: i32,
): void {
  const sourceStride = <usize>(sourceWidth * channels);
  const rowSize = spanHead + ((<usize>rowTaps) << 1);
  const columnSize = spanHead + ((<usize>columnTaps) << 1);
  for (let y = 0; y < height; y++) {
    blendRows(source, sourceStride, rows + <usize>y * rowSize, line);
    const to = target + <usize>(y * targetStride);
    if (channels == 4) blendColour(line, columns, columnSize, to, width);
    else blendGrey(line, columns, columnSize, to, width);
  }
}

/** The weighted sum of a span of rows; reads whole 16s, and of an odd last row its own twice. */
function blendRows(source: usize, stride: usize, span: usize, line: usize): void {
  const pairs = load<i32>(span, 4);
  const start = source + <usize>load<i32>(span) * stride;
  for (let x: usize = 0; x < stride; x += 16) {
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    let from = start + x;
    for (let pair = 0; pair < pairs; pair++) {
      const weights = v128.load32_splat(span + spanHead + ((<usize>pair) << 2));
      const upper = v128.load(from);
      const lower = v128.load(from + stride);
      const left = v128.shuffle<u8>(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const right = v128.shuffle<u8>(
        upper,
        lower,
        8,
        24,
        9,
        25,
        10,
        26,
        11,
        27,
        12,
        28,
        13,
        29,
        14,
        30,
        15,
        31,
      );
      a = i32x4.add(a, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(left), weights));
      b = i32x4.add(b, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(left), weights));
      c = i32x4.add(c, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(right), weights));
      d = i32x4.add(d, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(right), weights));
      from += stride << 1;
    }
    const to = line + (x << 1);
    v128.store(to, i16x8.narrow_i32x4_s(fraction(a), fraction(b)));
    v128.store(to, i16x8.narrow_i32x4_s(fraction(c), fraction(d)), 16);
  }
}

function fraction(sum: v128): v128 {
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << (weightBits - lineBits - 1))), weightBits - lineBits);
}

function blendColour(line: usize, spans: usize, spanSize: usize, to: usize, width: i32): void {
  for (let x = 0; x < width; x++) {
    const pairs = load<i32>(spans, 4);
    let from = line + ((<usize>load<i32>(spans)) << 3);
    let sum = i32x4.splat(1 << (weightBits + lineBits - 1));
    for (let pair = 0; pair < pairs; pair++) {
      const two = v128.load(from);
      const byChannel = v128.shuffle<u16>(two, two, 0, 4, 1, 5, 2, 6, 3, 7);
      sum = i32x4.add(
        sum,
        i32x4.dot_i16x8_s(byChannel, v128.load32_splat(spans + spanHead + ((<usize>pair) << 2))),
      );
      from += 16;
    }
    const whole = i32x4.shr_s(sum, weightBits + lineBits);
    const halves = i16x8.narrow_i32x4_s(whole, whole);
    // Four bytes, of which the next pixel overwrites the last.
    v128.store32_lane(to, i8x16.narrow_i16x8_u(halves, halves), 0);
    to += 3;
    spans += spanSize;
  }
}

function blendGrey(line: usize, spans: usize, spanSize: usize, to: usize, width: i32): void {
  for (let x = 0; x < width; x++) {
    const pairs = load<i32>(spans, 4);
    let from = line + ((<usize>load<i32>(spans)) << 1);
    let sum: i32 = 1 << (weightBits + lineBits - 1);
    for (let pair = 0; pair < pairs; pair++) {
      const weights = spans + spanHead + ((<usize>pair) << 2);
      sum += load<i16>(weights) * load<i16>(from) + load<i16>(weights, 2) * load<i16>(from, 2);
      from += 4;
    }
    store<u8>(to++, <u8>(sum >> (weightBits + lineBits)));
    spans += spanSize;
  }
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
