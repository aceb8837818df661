import type { PixelMask } from './annotated-image.ts';
import { maskBox } from './pixel-mask.ts';
import { ringArea } from './shape-in-image.ts';

/** A pixel of the object; and one whose upper edge is in a ring already. Background is 0. */
const unseen = 1;
const seen = 2;

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
  // Column by column, as runs go, with a margin of background, so that no step has to look whether it is in the image.
  const down = height + 2;
  const pixels = new Uint8Array((width + 2) * down);
  const starts = fillColumns(mask, pixels, (x, y) => (x - left + 1) * down + y - top + 1);
  const rings: number[][] = [];
  for (const start of starts)
    if (pixels[start] === unseen) rings.push(walk(pixels, start, down, [left - 1, top - 1]));
  const sized = rings.map((ring) => ({ ring, area: ringArea(ring) }));
  return sized.sort((one, other) => other.area - one.area).map(({ ring }) => ring);
}

/** Answers the pixels that have background above them: where each piece of a column begins. */
function fillColumns(
  { height, counts }: PixelMask,
  pixels: Uint8Array,
  placeOf: (x: number, y: number) => number,
): number[] {
  const starts: number[] = [];
  let at = 0;
  counts.forEach((run, index) => {
    const end = at + run;
    if (index % 2 === 0) at = end;
    while (at < end) {
      const y = at % height;
      const length = Math.min(end - at, height - y);
      const start = placeOf(Math.floor(at / height), y);
      pixels.fill(unseen, start, start + length);
      starts.push(start);
      at += length;
    }
  });
  return starts;
}

/**
 * From the left upper corner of a pixel along its upper edge and on, until there again. Where two parts touch at a corner it turns right, and so
 * stays on its own.
 */
function walk(
  pixels: Uint8Array,
  start: number,
  down: number,
  [left, top]: readonly [number, number],
): number[] {
  const ring: number[] = [];
  // Steps between corners; a corner has the number of the pixel to its right below. Right, down, left, up.
  const steps = [down, 1, -down, -1];
  // What lies ahead of a corner, on the right hand and on the left, by direction.
  const aheadRight = [0, -down, -down - 1, -1];
  const aheadLeft = [-1, 0, -down, -down - 1];
  let corner = start;
  let way = 0;
  do {
    ring.push(left + Math.floor(corner / down), top + (corner % down));
    const step = steps[way] as number;
    const right = aheadRight[way] as number;
    const ahead = aheadLeft[way] as number;
    do {
      if (way === 0) pixels[corner] = seen;
      corner += step;
    } while (pixels[corner + right] !== 0 && pixels[corner + ahead] === 0);
    way = (way + (pixels[corner + right] === 0 ? 1 : 3)) % 4;
  } while (corner !== start || way !== 0);
  return ring;
}
