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
  const isEmpty = right <= left || bottom <= top;
  const pixels = new Uint8Array(isEmpty ? 0 : (right - left) * (bottom - top + 1));
  if (!isEmpty) paint(pixels, { left, top, right, bottom }, { prototypes, coefficients, weights });
  return maskOfColumns({ pixels, left, top, height: bottom - top }, image);
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Cells of the grid along one axis. */
interface Span {
  readonly start: number;
  readonly count: number;
}

interface Recipe {
  readonly prototypes: Prototypes;
  readonly coefficients: Float32Array;
  readonly weights: { readonly x: AxisWeights; readonly y: AxisWeights };
}

/**
 * Block by block of pixels that are made of the same cells: between cells that are all above 0 every pixel is, and between cells of which none
 * is, none is. So only blocks on the rim of the object need sums.
 */
function paint(pixels: Uint8Array, box: Edges, recipe: Recipe): void {
  const { x: across, y: down } = recipe.weights;
  const columns = spanOf(across, box.left, box.right);
  const rows = spanOf(down, box.top, box.bottom);
  const mix = mixed(recipe, columns, rows);
  const stride = box.bottom - box.top + 1;
  const sums = new Float64Array(down.taps);
  for (let x = box.left; x < box.right;) {
    const xEnd = Math.min(box.right, across.until[x] as number);
    const column = (across.first[x] as number) - columns.start;
    const [from, to] = [(x - box.left) * stride - box.top, (xEnd - box.left) * stride - box.top];
    let filledFrom = -1;
    for (let y = box.top; y < box.bottom;) {
      const yEnd = Math.min(box.bottom, down.until[y] as number);
      const corner = ((down.first[y] as number) - rows.start) * columns.count + column;
      const above = countAbove(mix, corner, columns.count, across.taps, down.taps);
      if (above === across.taps * down.taps) {
        if (filledFrom < 0) filledFrom = y;
      } else {
        if (filledFrom >= 0)
          for (let at = from; at < to; at += stride) pixels.fill(1, at + filledFrom, at + y);
        filledFrom = -1;
        if (above > 0)
          for (let place = x; place < xEnd; place++) {
            const inColumn = sumColumns(sums, mix, corner, columns.count, across, place);
            const at = from + (place - x) * stride;
            if (inColumn === sums.length) pixels.fill(1, at + y, at + yEnd);
            else if (inColumn > 0)
              for (let line = y; line < yEnd; line++)
                if (weighted(sums, down, line) > 0) pixels[at + line] = 1;
          }
      }
      y = yEnd;
    }
    if (filledFrom >= 0)
      for (let at = from; at < to; at += stride) pixels.fill(1, at + filledFrom, at + box.bottom);
    x = xEnd;
  }
}

/** The cells that the numbers from `start` to `end` are made of. */
function spanOf({ first, taps }: AxisWeights, start: number, end: number): Span {
  const low = first[start] ?? 0;
  return { start: low, count: (first[end - 1] ?? 0) + taps - low };
}

/** The mix in a window of the grid, row by row; four prototypes at a time, so that the mix is read and written less often. */
function mixed({ prototypes, coefficients }: Recipe, columns: Span, rows: Span): Float32Array {
  const { data, width, height } = prototypes;
  const mix = new Float32Array(columns.count * rows.count);
  const inColumns = Math.min(columns.count, width - columns.start);
  const inRows = Math.min(rows.count, height - rows.start);
  const last = coefficients.length - 1;
  const plane = width * height;
  for (let one = 0; one <= last; one += 4) {
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = coefficients.subarray(one, one + 4);
    const first = one * plane + rows.start * width + columns.start;
    // Where there are no four left, the last one is read again with a coefficient of 0.
    const [step1, step2, step3] = [1, 2, 3].map((step) => Math.min(step, last - one) * plane) as [
      number,
      number,
      number,
    ];
    for (let y = 0; y < inRows; y++) {
      const line = first + y * width;
      const to = y * columns.count;
      for (let x = 0; x < inColumns; x++) {
        const at = line + x;
        mix[to + x] =
          (mix[to + x] as number) +
          c0 * (data[at] as number) +
          c1 * (data[at + step1] as number) +
          c2 * (data[at + step2] as number) +
          c3 * (data[at + step3] as number);
      }
    }
  }
  return mix;
}

function countAbove(mix: Float32Array, corner: number, stride: number, across: number, down: number): number {
  let above = 0;
  for (let y = 0; y < down; y++)
    for (let x = 0; x < across; x++) if ((mix[corner + y * stride + x] as number) > 0) above += 1;
  return above;
}

/** What the cells of each row come to at one place along x. Answers how many are above 0. */
function sumColumns(
  sums: Float64Array,
  mix: Float32Array,
  corner: number,
  stride: number,
  { weights, taps }: AxisWeights,
  place: number,
): number {
  let above = 0;
  for (let y = 0; y < sums.length; y++) {
    let sum = 0;
    for (let x = 0; x < taps; x++)
      sum += (weights[taps * place + x] as number) * (mix[corner + y * stride + x] as number);
    sums[y] = sum;
    if (sum > 0) above += 1;
  }
  return above;
}

function weighted(values: Float64Array, { weights, taps }: AxisWeights, place: number): number {
  let sum = 0;
  for (let tap = 0; tap < taps; tap++)
    sum += (weights[taps * place + tap] as number) * (values[tap] as number);
  return sum;
}
