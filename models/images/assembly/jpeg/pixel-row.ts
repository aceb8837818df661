import { factors, high, low } from './vectors';

/** Grey as RGBX. Writes whole 16s. */
export function greyRow(luma: usize, to: usize, width: u32): void {
  for (let x: usize = 0; x < <usize>width; x += 4) {
    const grey = v128.load32_splat(luma + x);
    v128.store(to + 4 * x, i8x16.shuffle(grey, grey, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
  }
}

/** YCbCr as RGBX, in whole numbers as libjpeg-turbo rounds them: for each chroma there is the same sum. Writes whole 32s. */
export function colourRow(luma: usize, blue: usize, red: usize, to: usize, width: u32): void {
  const centre = i16x8.splat(128);
  const ofGreen = factors(-11277, -23401);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const y = v128.load8x8_u(luma + x);
    const cb = i16x8.sub(v128.load8x8_u(blue + x), centre);
    const cr = i16x8.sub(v128.load8x8_u(red + x), centre);
    const r = i16x8.add(i16x8.add(y, cr), i16x8.q15mulr_sat_s(cr, i16x8.splat(13173)));
    const b = i16x8.add(i16x8.add(y, i16x8.add(cb, cb)), i16x8.q15mulr_sat_s(cb, i16x8.splat(-7471)));
    const g = i16x8.add(y, i16x8.narrow_i32x4_s(share(low(cb, cr), ofGreen), share(high(cb, cr), ofGreen)));
    const rg = i8x16.narrow_i16x8_u(r, g);
    const bb = i8x16.narrow_i16x8_u(b, b);
    const reds = i8x16.shuffle(rg, rg, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    const blues = i8x16.shuffle(bb, bb, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    v128.store(to + 4 * x, low(reds, blues));
    v128.store(to + 4 * x, high(reds, blues), 16);
  }
}

/** Of 2^15, rounded. */
function share(chroma: v128, parts: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(chroma, parts), i32x4.splat(1 << 14)), 15);
}
