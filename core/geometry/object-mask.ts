import type { PixelMask } from '../formats/annotated-image.ts';
import { maskOfColumns } from '../formats/pixel-mask.ts';
import type { AxisWeights } from './axis-weights.ts';
import type { Corners } from './corners-in-image.ts';
import type { SizePx } from './image-placement.ts';

/** The pictures that a segmenting model mixes its masks from, one after the other, row by row. */
export interface Prototypes extends SizePx {
  readonly data: Float32Array;
}

/**
 * The pixels of one object: where the mix of prototypes, brought to the size of the image, is above 0 inside of the object's box. Nothing outside of
 * the box is computed.
 *
 * @param coefficients - One a prototype.
 * @param corners - Of the object's box, in pixels of the image; a pixel is in the box when its left upper corner is.
 * @param weights - From the prototypes' grid to the image.
 */
export function objectMask(
  prototypes: Prototypes,
  coefficients: Float32Array,
  corners: Corners,
  weights: { readonly x: AxisWeights; readonly y: AxisWeights },
  image: SizePx,
): PixelMask {
  const [left, top, right, bottom] = corners.map(Math.ceil) as [number, number, number, number];
  const [width, height] = [Math.max(0, right - left), Math.max(0, bottom - top)];
  const pixels = new Uint8Array(width * height);
  if (pixels.length > 0) {
    const columns = windowOf(weights.x, left, right);
    const rows = windowOf(weights.y, top, bottom);
    const mix = mixed(prototypes, coefficients, columns, rows);
    const column = new Float32Array(rows.count);
    for (let x = 0; x < width; x++) {
      enlargeColumn(mix, weights.x, left + x, columns.start, column);
      // Its own piece of the picture, so that rows count from the image's upper edge.
      paintColumn(
        column,
        weights.y,
        rows.start,
        [top, bottom],
        pixels.subarray(x * height, (x + 1) * height),
      );
    }
  }
  return maskOfColumns({ pixels, left, top, height }, image);
}

/** The cells that the numbers from `start` to `end` are made of. */
function windowOf(
  { first, taps }: AxisWeights,
  start: number,
  end: number,
): { start: number; count: number } {
  const low = first[start] ?? 0;
  return { start: low, count: (first[end - 1] ?? 0) + taps - low };
}

/** The mix in a window of the grid, column by column. */
function mixed(
  { data, width, height }: Prototypes,
  coefficients: Float32Array,
  columns: { start: number; count: number },
  rows: { start: number; count: number },
): Float32Array {
  const mix = new Float32Array(columns.count * rows.count);
  const inColumns = Math.min(columns.count, width - columns.start);
  const inRows = Math.min(rows.count, height - rows.start);
  for (let one = 0; one < coefficients.length; one++) {
    const coefficient = coefficients[one] as number;
    const plane = one * width * height;
    for (let y = 0; y < inRows; y++) {
      const line = plane + (rows.start + y) * width + columns.start;
      for (let x = 0; x < inColumns; x++) {
        const at = x * rows.count + y;
        mix[at] = (mix[at] as number) + coefficient * (data[line + x] as number);
      }
    }
  }
  return mix;
}

function enlargeColumn(
  mix: Float32Array,
  { first, taps, weights }: AxisWeights,
  place: number,
  start: number,
  column: Float32Array,
): void {
  column.fill(0);
  for (let tap = 0; tap < taps; tap++) {
    const weight = weights[taps * place + tap] as number;
    if (weight === 0) continue;
    const base = ((first[place] as number) - start + tap) * column.length;
    for (let y = 0; y < column.length; y++)
      column[y] = (column[y] as number) + weight * (mix[base + y] as number);
  }
}

/** Numbers between neighbours that are all above 0 are too, and so are those that are not: most of a column needs no sums. */
function paintColumn(
  column: Float32Array,
  { first, until, taps, weights }: AxisWeights,
  start: number,
  [top, bottom]: readonly [number, number],
  pixels: Uint8Array,
): void {
  for (let y = top; y < bottom;) {
    const end = Math.min(bottom, until[y] as number);
    const from = (first[y] as number) - start;
    let above = 0;
    for (let tap = 0; tap < taps; tap++) if ((column[from + tap] ?? 0) > 0) above += 1;
    if (above === taps) pixels.fill(1, y - top, end - top);
    else if (above > 0)
      for (let place = y; place < end; place++) {
        let sum = 0;
        for (let tap = 0; tap < taps; tap++)
          sum += (weights[taps * place + tap] as number) * (column[from + tap] ?? 0);
        if (sum > 0) pixels[place - top] = 1;
      }
    y = end;
  }
}
