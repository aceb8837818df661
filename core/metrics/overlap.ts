import type { PixelMask } from '../formats/annotated-image.ts';
import { maskArea, maskBox } from '../formats/pixel-mask.ts';

/** Left, top, width, height. */
type Box = readonly [number, number, number, number];

/** A mask with what is asked of it again and again. */
export interface Region {
  readonly mask: PixelMask;
  readonly boxPx: Box;
  readonly area: number;
}

export function regionOf(mask: PixelMask): Region {
  return { mask, boxPx: maskBox(mask), area: maskArea(mask) };
}

/** Intersection over union of two boxes, 0..1. @see `bbIou` of pycocotools. */
export function boxOverlap(one: Box, other: Box): number {
  const intersection = boxIntersection(one, other);
  return intersection === 0 ? 0 : intersection / (one[2] * one[3] + other[2] * other[3] - intersection);
}

/** Intersection over union of the pixels of two masks of one size, 0..1. @see `rleIou` of pycocotools. */
export function maskOverlap(one: Region, other: Region): number {
  if (boxIntersection(one.boxPx, other.boxPx) === 0) return 0;
  const intersection = maskIntersection(one.mask.counts, other.mask.counts);
  return intersection === 0 ? 0 : intersection / (one.area + other.area - intersection);
}

function boxIntersection([x, y, width, height]: Box, [x2, y2, width2, height2]: Box): number {
  const wide = Math.min(x + width, x2 + width2) - Math.max(x, x2);
  const tall = Math.min(y + height, y2 + height2) - Math.max(y, y2);
  return wide <= 0 || tall <= 0 ? 0 : wide * tall;
}

/** Walks both lists of runs side by side. */
function maskIntersection(one: readonly number[], other: readonly number[]): number {
  let [a, b] = [0, 0];
  let [endA, endB] = [one[0] ?? 0, other[0] ?? 0];
  let at = 0;
  let pixels = 0;
  while (a < one.length && b < other.length) {
    const end = Math.min(endA, endB);
    if ((a & b & 1) === 1) pixels += end - at;
    at = end;
    if (endA === end) endA += one[++a] ?? 0;
    if (endB === end) endB += other[++b] ?? 0;
  }
  return pixels;
}
