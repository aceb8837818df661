import { factors, high, low } from './vectors';

/** YCbCr as three planes, in whole numbers as libjpeg-turbo rounds them: for each chroma there is the same sum. Writes whole 16s. */
export function colourRow(luma: usize, blue: usize, red: usize, to: usize, plane: usize): void {
  for (let x: usize = 0; x < plane; x += 16) {
    const cb0 = centred(blue + x);
    const cb1 = centred(blue + x + 8);
    const cr0 = centred(red + x);
    const cr1 = centred(red + x + 8);
    const y0 = v128.load8x8_u(luma + x);
    const y1 = v128.load8x8_u(luma + x + 8);
    v128.store(to + x, i8x16.narrow_i16x8_u(redOf(y0, cr0), redOf(y1, cr1)));
    v128.store(to + x + plane, i8x16.narrow_i16x8_u(greenOf(y0, cb0, cr0), greenOf(y1, cb1, cr1)));
    v128.store(to + x + plane + plane, i8x16.narrow_i16x8_u(blueOf(y0, cb0), blueOf(y1, cb1)));
  }
}

function centred(chroma: usize): v128 {
  return i16x8.sub(v128.load8x8_u(chroma), i16x8.splat(128));
}

function redOf(y: v128, cr: v128): v128 {
  return i16x8.add(i16x8.add(y, cr), i16x8.q15mulr_sat_s(cr, i16x8.splat(13173)));
}

function greenOf(y: v128, cb: v128, cr: v128): v128 {
  const parts = factors(-11277, -23401);
  return i16x8.add(y, i16x8.narrow_i32x4_s(share(low(cb, cr), parts), share(high(cb, cr), parts)));
}

function blueOf(y: v128, cb: v128): v128 {
  return i16x8.add(i16x8.add(y, i16x8.add(cb, cb)), i16x8.q15mulr_sat_s(cb, i16x8.splat(-7471)));
}

/** Of 2^15, rounded. */
function share(chroma: v128, parts: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(chroma, parts), i32x4.splat(1 << 14)), 15);
}
