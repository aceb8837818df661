import type { PixelMask } from './annotated-image.ts';

/** Points are put on the boundary in steps of a fifth of a pixel. */
const scale = 5;

/**
 * The pixels of a polygon, as COCO draws it: each ring for itself, and the object is their union.
 *
 * @param rings - `[x, y, x, y, …]` in pixels; what lies outside of the image is left out.
 * @see `frPyObjects` and `merge` of pycocotools, whose pixels these are.
 */
export function maskOfRings(rings: readonly (readonly number[])[], width: number, height: number): PixelMask {
  const masks = rings.map((ring) => ringCounts(ring, width, height));
  const counts = masks.reduce((one, other) => unionOfCounts(one, other), [width * height]);
  return { width, height, counts };
}

/** `rleFrPoly`: where the dense boundary crosses the middle of a column, the column changes between inside and outside. */
function ringCounts(ring: readonly number[], width: number, height: number): number[] {
  const { xs, ys } = densePoints(ring);
  const turns: number[] = [];
  for (let at = 1; at < xs.length; at++) {
    const [x, lastX] = [xs[at] ?? 0, xs[at - 1] ?? 0];
    if (x === lastX) continue;
    const column = ((x < lastX ? x : x - 1) + 0.5) / scale - 0.5;
    if (Math.floor(column) !== column || column < 0 || column > width - 1) continue;
    const y = (Math.min(ys[at] ?? 0, ys[at - 1] ?? 0) + 0.5) / scale - 0.5;
    turns.push(column * height + Math.ceil(Math.min(Math.max(y, 0), height)));
  }
  turns.push(width * height);
  turns.sort((a, b) => a - b);
  return withoutEmptyRuns(turns.map((turn, index) => turn - (turns[index - 1] ?? 0)));
}

/** The boundary in whole fifths of pixels, side by side. */
function densePoints(ring: readonly number[]): { xs: number[]; ys: number[] } {
  const xs: number[] = [];
  const ys: number[] = [];
  const corner = (at: number) => Math.trunc(scale * (ring[at % ring.length] ?? 0) + 0.5);
  for (let at = 0; at < ring.length; at += 2) {
    const [fromX, fromY, toX, toY] = [corner(at), corner(at + 1), corner(at + 2), corner(at + 3)];
    const [wide, tall] = [Math.abs(toX - fromX), Math.abs(toY - fromY)];
    const isWide = wide >= tall;
    // A side is walked from its lower end, whichever way it goes, so that two neighbours share the very same points.
    const isTurned = isWide ? fromX > toX : fromY > toY;
    const [startX, startY] = isTurned ? [toX, toY] : [fromX, fromY];
    const [endX, endY] = isTurned ? [fromX, fromY] : [toX, toY];
    const steps = isWide ? wide : tall;
    const slope = steps === 0 ? 0 : (isWide ? endY - startY : endX - startX) / steps;
    for (let step = 0; step <= steps; step++) {
      const t = isTurned ? steps - step : step;
      xs.push(isWide ? startX + t : Math.trunc(startX + slope * t + 0.5));
      ys.push(isWide ? Math.trunc(startY + slope * t + 0.5) : startY + t);
    }
  }
  return { xs, ys };
}

/** A run of no pixels joins its neighbours; the first one may be empty, as it is the background's. */
function withoutEmptyRuns(runs: readonly number[]): number[] {
  const counts = [runs[0] ?? 0];
  for (let at = 1; at < runs.length; at++) {
    const run = runs[at] ?? 0;
    if (run > 0) counts.push(run);
    else if (++at < runs.length) counts[counts.length - 1] = (counts.at(-1) ?? 0) + (runs[at] ?? 0);
  }
  return counts;
}

function unionOfCounts(one: readonly number[], other: readonly number[]): number[] {
  const counts: number[] = [];
  let [a, b] = [0, 0];
  let [leftA, leftB] = [one[0] ?? 0, other[0] ?? 0];
  let run = 0;
  let inside = false;
  while (a < one.length && b < other.length) {
    const isInside = a % 2 === 1 || b % 2 === 1;
    const length = Math.min(leftA, leftB);
    if (length > 0 && isInside !== inside) {
      counts.push(run);
      run = 0;
      inside = isInside;
    }
    run += length;
    leftA -= length;
    leftB -= length;
    if (leftA === 0) leftA = one[++a] ?? 0;
    if (leftB === 0) leftB = other[++b] ?? 0;
  }
  return [...counts, run];
}
