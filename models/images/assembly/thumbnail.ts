/** Places a side, as `core/thumbnail-side.ts` has it. */
const side = 16;
/** Of a place along an axis: `first: i32, last: i32` of what it covers, and as f64 the parts that are cut of these two, and its length. */
const spanSize: usize = 32;
/** Luma of Rec. 601, in 256ths. */
const ofRed: i16 = 77;
const ofGreen: i16 = 150;
const ofBlue: i16 = 29;

/** An image as 16 x 16 grey levels: each is the mean of every `step`th row of what it covers. Reads up to 16 bytes behind the pixels. */
export function thumbnail(
  pixels: usize,
  width: i32,
  channels: i32,
  columns: usize,
  rows: usize,
  step: i32,
  target: usize,
): void {
  const stride = <usize>(width * channels);
  for (let below = 0; below < side; below++) {
    for (let beside = 0; beside < side; beside++)
      store<u8>(target++, meanOf(pixels, stride, channels, columns + <usize>beside * spanSize, rows, step));
    rows += spanSize;
  }
}

function meanOf(pixels: usize, stride: usize, channels: i32, columns: usize, rows: usize, step: i32): u32 {
  const pixelBytes = <usize>channels;
  const first = pixels + <usize>load<i32>(columns) * pixelBytes;
  const last = pixels + <usize>load<i32>(columns, 4) * pixelBytes;
  const cutFirst = load<f64>(columns, 8);
  const cutLast = load<f64>(columns, 16);
  const lastRow = load<i32>(rows, 4);
  let sum: f64 = 0;
  let seen: f64 = 0;
  for (let row = load<i32>(rows); row <= lastRow; row += step) {
    const start = <usize>row * stride;
    const inner = <f64>greySum(first + start, last + start, channels);
    const outer =
      cutFirst * <f64>greyAt(first + start, channels) + cutLast * <f64>greyAt(last + start, channels);
    const above: f64 = row == load<i32>(rows) ? load<f64>(rows, 8) : 0;
    const behind: f64 = row == lastRow ? load<f64>(rows, 16) : 0;
    const weight = 1 - above - behind;
    sum += weight * (inner - outer);
    seen += weight;
  }
  return <u32>Math.floor(sum / (seen * load<f64>(columns, 24) * 256) + 0.5);
}

/** Of the pixels from `at` to `last`, in 256ths. */
function greySum(at: usize, last: usize, channels: i32): i32 {
  let sum = 0;
  if (channels == 3) {
    const begin = i16x8(ofRed, ofGreen, ofBlue, ofRed, ofGreen, ofBlue, ofRed, ofGreen);
    const end = i16x8(ofBlue, ofRed, ofGreen, ofBlue, 0, 0, 0, 0);
    let sums = i32x4.splat(0);
    for (; at + 9 <= last; at += 12) {
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load8x8_u(at), begin));
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load8x8_u(at, 8), end));
    }
    const two = i32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0));
    sum = i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1);
  }
  for (; at <= last; at += <usize>channels) sum += greyAt(at, channels);
  return sum;
}

function greyAt(at: usize, channels: i32): i32 {
  if (channels == 1) return load<u8>(at) << 8;
  return <i32>ofRed * load<u8>(at) + <i32>ofGreen * load<u8>(at, 1) + <i32>ofBlue * load<u8>(at, 2);
}
