import type { PixelMask } from './annotated-image.ts';

/** `pixels` row by row, 0 for background. */
export function maskOfPixels(pixels: ArrayLike<number>, width: number, height: number): PixelMask {
  const counts: number[] = [];
  let run = 0;
  let inside = false;
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) {
      if ((pixels[y * width + x] ?? 0) > 0 !== inside) {
        counts.push(run);
        run = 0;
        inside = !inside;
      }
      run += 1;
    }
  counts.push(run);
  return { width, height, counts };
}

/** Row by row, 1 for the object. */
export function pixelsOfMask({ width, height, counts }: PixelMask): Uint8Array {
  const pixels = new Uint8Array(width * height);
  let at = 0;
  counts.forEach((run, index) => {
    if (index % 2 === 1)
      for (let place = at; place < at + run; place++)
        pixels[(place % height) * width + Math.floor(place / height)] = 1;
    at += run;
  });
  return pixels;
}

/** Pixels of the object. */
export function maskArea({ counts }: PixelMask): number {
  return counts.reduce((sum, run, index) => sum + (index % 2 === 1 ? run : 0), 0);
}

/** Left, top, width, height of the object's pixels; all 0 for an empty mask. */
export function maskBox({ height, counts }: PixelMask): [number, number, number, number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  let at = 0;
  counts.forEach((run, index) => {
    if (index % 2 === 1 && run > 0) {
      const [first, last] = [at, at + run - 1];
      const wraps = Math.floor(first / height) !== Math.floor(last / height);
      left = Math.min(left, Math.floor(first / height));
      right = Math.max(right, Math.floor(last / height));
      top = Math.min(top, wraps ? 0 : first % height);
      bottom = Math.max(bottom, wraps ? height - 1 : last % height);
    }
    at += run;
  });
  return left === Infinity ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}
