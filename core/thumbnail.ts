import type { Placement } from './geometry/image-placement.ts';

/** Pixels a side. */
export const thumbnailSide = 16;

/** Rows of a place that are looked at, where there are twice as many or more. */
const enoughRows = 7;

/**
 * An image as 16×16 grey levels, whatever its aspect ratio: each the mean of the area that it covers, so that it hardly depends on how large the
 * image was, nor on how it was compressed.
 *
 * @param pixels - `[height][width][channels]`.
 * @param shape - Of `pixels`; 1 channel is grey, 3 are RGB.
 * @param inside - Where in the pixels the image lies; the rest is border.
 * @returns `[16][16]`, 0..255.
 */
export function thumbnailOf(
  pixels: Uint8Array,
  { width, channels }: { readonly width: number; readonly channels: 1 | 3 },
  inside: Placement,
): Uint8Array {
  const thumbnail = new Uint8Array(thumbnailSide * thumbnailSide);
  const stride = Math.max(1, Math.floor(inside.height / thumbnailSide / enoughRows));
  const columns = spans(inside.left, inside.width);
  spans(inside.top, inside.height).forEach((rows, below) =>
    columns.forEach((parts, beside) => {
      let sum = 0;
      let seen = 0;
      for (let row = rows.first; row <= rows.last; row += stride) {
        const start = row * width;
        const inner = sumOf(pixels, start + parts.first, start + parts.last, channels);
        const outer =
          cutGrey(pixels, start + parts.first, channels, parts.cutFirst) +
          cutGrey(pixels, start + parts.last, channels, parts.cutLast);
        const weight = 1 - (row === rows.first ? rows.cutFirst : 0) - (row === rows.last ? rows.cutLast : 0);
        sum += weight * (inner - outer);
        seen += weight;
      }
      thumbnail[below * thumbnailSide + beside] = Math.round(sum / (seen * parts.length * greyScale));
    }),
  );
  return thumbnail;
}

/** Pixels that a place covers, the first and the last less a part of them. */
interface Span {
  readonly first: number;
  readonly last: number;
  readonly cutFirst: number;
  readonly cutLast: number;
  readonly length: number;
}

function spans(start: number, pixels: number): Span[] {
  const step = pixels / thumbnailSide;
  return Array.from({ length: thumbnailSide }, (_, place) => {
    const [from, to] = [place * step, (place + 1) * step];
    const first = Math.floor(from);
    const last = Math.ceil(to) - 1;
    const cut = { cutFirst: from - first, cutLast: last + 1 - to };
    return { first: start + first, last: start + last, ...cut, length: to - from };
  });
}

/** Luma of Rec. 601, in 256ths. */
const greyScale = 256;

/** What a pixel that is cut counts for too much; in inputs of 224 pixels a side none is. */
function cutGrey(pixels: Uint8Array, at: number, channels: 1 | 3, cut: number): number {
  return cut === 0 ? 0 : cut * sumOf(pixels, at, at, channels);
}

/** Of the pixels from `first` to `last`. */
function sumOf(pixels: Uint8Array, first: number, last: number, channels: 1 | 3): number {
  let sum = 0;
  if (channels === 1) for (let at = first; at <= last; at++) sum += (pixels[at] as number) * greyScale;
  else
    for (let at = first * 3; at <= last * 3; at += 3)
      sum += 77 * (pixels[at] as number) + 150 * (pixels[at + 1] as number) + 29 * (pixels[at + 2] as number);
  return sum;
}
