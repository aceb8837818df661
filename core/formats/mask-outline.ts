import type { PixelMask } from './annotated-image.ts';
import { pixelsOfMask } from './pixel-mask.ts';
import { ringArea } from './shape-in-image.ts';

/**
 * The outline of a mask along the edges of its pixels, so that it encloses exactly them: a ring for each part that hangs together by edges,
 * and one for each hole.
 *
 * @returns Rings `[x, y, …]` in pixels, largest first, without points in the middle of straight lines.
 */
export function outlineOfMask(mask: PixelMask): number[][] {
  const { width, height } = mask;
  const pixels = pixelsOfMask(mask);
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x] === 1;
  const across = width + 1;
  /** From a corner to the next ones, the object on the right hand. */
  const next = new Map<number, number[]>();
  const add = (from: number, to: number) => next.set(from, [...(next.get(from) ?? []), to]);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      const corner = y * across + x;
      if (!inside(x, y - 1)) add(corner, corner + 1);
      if (!inside(x + 1, y)) add(corner + 1, corner + 1 + across);
      if (!inside(x, y + 1)) add(corner + 1 + across, corner + across);
      if (!inside(x - 1, y)) add(corner + across, corner);
    }
  const rings: number[][] = [];
  for (const start of next.keys()) while (next.has(start)) rings.push(walk(next, start, across));
  return rings.sort((one, other) => ringArea(other) - ringArea(one));
}

/** Takes a closed walk out of the edges. Where two parts touch at a corner it turns right, and so stays on its own. */
function walk(next: Map<number, number[]>, start: number, across: number): number[] {
  const ring: number[] = [];
  let at = start;
  let step = 0;
  do {
    const ways = next.get(at) ?? [];
    const way = ways.find((to) => to - at === rightOf(step, across)) ?? ways[0] ?? start;
    const left = ways.filter((to) => to !== way);
    if (left.length > 0) next.set(at, left);
    else next.delete(at);
    if (way - at !== step) ring.push(at % across, Math.floor(at / across));
    step = way - at;
    at = way;
  } while (at !== start);
  return ring;
}

/** Steps between corners: right is 1, down is `across`. */
function rightOf(step: number, across: number): number {
  return (
    new Map([
      [1, across],
      [across, -1],
      [-1, -across],
      [-across, 1],
    ]).get(step) ?? 0
  );
}
