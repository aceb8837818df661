import type { PixelMask } from './annotated-image.ts';
import { maskBox } from './pixel-mask.ts';
import { ringArea } from './shape-in-image.ts';

/**
 * The outline of a mask along the edges of its pixels, so that it encloses exactly them: a ring for each part that hangs together by edges,
 * and one for each hole.
 *
 * @returns Rings `[x, y, …]` in pixels, largest first, without points in the middle of straight lines. The object is on the right hand: parts go
 * clockwise as seen on the screen, holes the other way.
 */
export function outlineOfMask(mask: PixelMask): number[][] {
  const [left, top, width, height] = maskBox(mask);
  if (width === 0) return [];
  // A margin of background, so that no step has to look whether it is in the image.
  const across = width + 2;
  const pixels = new Uint8Array(across * (height + 2));
  fillPixels(mask, pixels, (x, y) => (y - top + 1) * across + (x - left + 1));
  /** By pixel: whether its upper edge is in a ring already. */
  const seen = new Uint8Array(pixels.length);
  const rings: number[][] = [];
  for (let at = across; at < pixels.length - across; at++)
    if (pixels[at] === 1 && pixels[at - across] === 0 && seen[at] === 0)
      rings.push(walk(pixels, seen, at, across, [left - 1, top - 1]));
  const sized = rings.map((ring) => ({ ring, area: ringArea(ring) }));
  return sized.sort((one, other) => other.area - one.area).map(({ ring }) => ring);
}

function fillPixels(
  { height, counts }: PixelMask,
  pixels: Uint8Array,
  placeOf: (x: number, y: number) => number,
): void {
  let at = 0;
  counts.forEach((run, index) => {
    if (index % 2 === 1)
      for (let pixel = at; pixel < at + run; pixel++)
        pixels[placeOf(Math.floor(pixel / height), pixel % height)] = 1;
    at += run;
  });
}

/**
 * From the left upper corner of a pixel along its upper edge and on, until there again. Where two parts touch at a corner it turns right, and so
 * stays on its own.
 */
function walk(
  pixels: Uint8Array,
  seen: Uint8Array,
  start: number,
  across: number,
  [left, top]: readonly [number, number],
): number[] {
  const ring: number[] = [];
  // Steps between corners; a corner has the number of the pixel to its right below. Right, down, left, up.
  const steps = [1, across, -1, -across];
  // What lies ahead of a corner, on the right hand and on the left, by direction.
  const aheadRight = [0, -1, -across - 1, -across];
  const aheadLeft = [-across, 0, -1, -across - 1];
  let corner = start;
  let way = 0;
  do {
    ring.push(left + (corner % across), top + Math.floor(corner / across));
    let turn = 0;
    do {
      if (way === 0) seen[corner] = 1;
      corner += steps[way] as number;
      if (pixels[corner + (aheadRight[way] as number)] === 0) turn = 1;
      else if (pixels[corner + (aheadLeft[way] as number)] === 1) turn = 3;
    } while (turn === 0);
    way = (way + turn) % 4;
  } while (corner !== start || way !== 0);
  return ring;
}
