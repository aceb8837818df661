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

/**
 * A mask with all its pixels in one part of the image.
 *
 * @param part - Inside of the image; `pixels` column by column, 1 for the object, 0 for background, and a 0 below each column, where runs end.
 */
export function maskOfColumns(
  part: { pixels: Uint8Array; left: number; top: number; height: number },
  image: { width: number; height: number },
): PixelMask {
  const { pixels, left, top, height } = part;
  const counts: number[] = [];
  /** Where the last run ended. */
  let end = 0;
  const stride = height + 1;
  for (let at = pixels.indexOf(1); at >= 0; at = pixels.indexOf(1, at)) {
    const past = pixels.indexOf(0, at);
    const start = (left + Math.floor(at / stride)) * image.height + top + (at % stride);
    // A column that is filled down to the edge of the image may go on at the top of the next.
    if (start === end && counts.length > 0) counts[counts.length - 1] = (counts.at(-1) ?? 0) + past - at;
    else counts.push(start - end, past - at);
    end = start + past - at;
    at = past;
  }
  const rest = image.width * image.height - end;
  if (rest > 0 || counts.length === 0) counts.push(rest);
  return { width: image.width, height: image.height, counts };
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
