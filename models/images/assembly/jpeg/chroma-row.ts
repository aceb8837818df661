import { Component, Scan } from './area';

/** Where a row of a component lies, as wide as the image: it is enlarged to `room` where chroma is smaller. */
export function chromaRow(scan: Scan, component: Component, row: u32, room: usize): usize {
  if (scan.smoothing == 0) return rowOf(component, row);
  if (scan.smoothing == 1) {
    widen(rowOf(component, row), component.width, room);
    return room;
  }
  const near = row >> 1;
  const last = (scan.height - 1) >> 1;
  // The one that is second to nearest; behind the first and the last there is none.
  const far = (row & 1) == 1 ? min(near + 1, last) : near - <u32>(near > 0);
  enlarge(rowOf(component, near), rowOf(component, far), component.width, room);
  return room;
}

/** A row that is in the newest two bands. */
export function rowOf(component: Component, row: u32): usize {
  const mask = 2 * component.down * component.side - 1;
  return component.rows + <usize>(row & mask) * component.stride;
}

/** Repeats the first and the last pixel of a band's rows, as those beside them are asked for. */
export function padRows(component: Component, band: u32): void {
  const rows = component.down * component.side;
  const behind = <usize>component.width;
  for (let row = band * rows; row < (band + 1) * rows; row++) {
    const at = rowOf(component, row);
    store<u8>(at - 1, load<u8>(at));
    store<u8>(at + behind, load<u8>(at + behind - 1));
  }
}

/** Two pixels of each: three parts of it, one of the next. @see `h2v1_fancy_upsample` of libjpeg-turbo. */
function widen(from: usize, width: u32, to: usize): void {
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const here = i16x8.mul(v128.load8x8_u(from + x), i16x8.splat(3));
    const left = i16x8.add(i16x8.add(here, v128.load8x8_u(from + x - 1)), i16x8.splat(1));
    const right = i16x8.add(i16x8.add(here, v128.load8x8_u(from + x + 1)), i16x8.splat(2));
    v128.store(to + 2 * x, inTurn(i16x8.shr_u(left, 2), i16x8.shr_u(right, 2)));
  }
}

/** The same of two rows: three parts of the nearer one, one of the other. @see `h2v2_fancy_upsample`. */
function enlarge(near: usize, far: usize, width: u32, to: usize): void {
  let before = blended(near - 8, far - 8);
  let here = blended(near, far);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const behind = blended(near + x + 8, far + x + 8);
    const three = i16x8.mul(here, i16x8.splat(3));
    const left = i16x8.add(i16x8.shuffle(before, here, 7, 8, 9, 10, 11, 12, 13, 14), i16x8.splat(8));
    const right = i16x8.add(i16x8.shuffle(here, behind, 1, 2, 3, 4, 5, 6, 7, 8), i16x8.splat(7));
    v128.store(
      to + 2 * x,
      inTurn(i16x8.shr_u(i16x8.add(three, left), 4), i16x8.shr_u(i16x8.add(three, right), 4)),
    );
    before = here;
    here = behind;
  }
}

function blended(near: usize, far: usize): v128 {
  return i16x8.add(i16x8.mul(v128.load8x8_u(near), i16x8.splat(3)), v128.load8x8_u(far));
}

function inTurn(even: v128, odd: v128): v128 {
  return v128.or(even, i16x8.shl(odd, 8));
}
