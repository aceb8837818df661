import type { PixelMask } from '../formats/annotated-image.ts';
import { MaskRuns } from '../formats/mask-runs.ts';
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
  const runs = new MaskRuns(image);
  if (right > left && bottom > top)
    paint(runs, { left, top, right, bottom }, { prototypes, coefficients, weights });
  return runs.mask();
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
function paint(runs: MaskRuns, box: Edges, recipe: Recipe): void {
  const { x: across, y: down } = recipe.weights;
  const columns = spanOf(across, box.left, box.right);
  const rows = spanOf(down, box.top, box.bottom);
  const mix = mixed(recipe, columns, rows);
  const sums = new Float64Array(down.taps);
  /** Of a column of blocks, top down: where each part begins and ends, and the first of the cells that a rim's sums are of, or -1. */
  const parts = new Int32Array(3 * (box.bottom - box.top));
  for (let x = box.left; x < box.right;) {
    const xEnd = Math.min(box.right, across.until[x] as number);
    const column = (across.first[x] as number) - columns.start;
    let used = 0;
    for (let y = box.top; y < box.bottom;) {
      const yEnd = Math.min(box.bottom, down.until[y] as number);
      const corner = ((down.first[y] as number) - rows.start) * columns.count + column;
      const above = countAbove(mix, corner, columns.count, across.taps, down.taps);
      const isFull = above === across.taps * down.taps;
      if (isFull && used > 0 && parts[used - 2] === y && parts[used - 1] === -1) parts[used - 2] = yEnd;
      else if (above > 0) {
        parts[used] = y;
        parts[used + 1] = yEnd;
        parts[used + 2] = isFull ? -1 : corner;
        used += 3;
      }
      y = yEnd;
    }
    for (let place = x; used > 0 && place < xEnd; place++)
      for (let part = 0; part < used; part += 3) {
        const [y, yEnd, corner] = [parts[part], parts[part + 1], parts[part + 2]] as [number, number, number];
        const inColumn = corner < 0 ? down.taps : sumColumns(sums, mix, corner, columns.count, across, place);
        if (inColumn === down.taps) runs.add(place, y, yEnd);
        else if (inColumn > 0) addRim(runs, sums, down, [place, y, yEnd]);
      }
    x = xEnd;
  }
}

/** The pixels of a piece of a column whose cells are on both sides of 0. */
function addRim(
  runs: MaskRuns,
  sums: Float64Array,
  down: AxisWeights,
  [x, top, bottom]: readonly [number, number, number],
): void {
  let start = -1;
  for (let y = top; y < bottom; y++) {
    const isAbove = weighted(sums, down, y) > 0;
    if (isAbove && start < 0) start = y;
    if (isAbove || start < 0) continue;
    runs.add(x, start, y);
    start = -1;
  }
  if (start >= 0) runs.add(x, start, bottom);
}

/** The cells that the numbers from `start` to `end` are made of. */
function spanOf({ first, taps }: AxisWeights, start: number, end: number): Span {
  const low = first[start] ?? 0;
  return { start: low, count: (first[end - 1] ?? 0) + taps - low };
}

/** The mix in a window of the grid, row by row; eight prototypes at a time, so that the mix is read and written less often. */
function mixed({ prototypes, coefficients }: Recipe, columns: Span, rows: Span): Float32Array {
  const { data, width, height } = prototypes;
  const mix = new Float32Array(columns.count * rows.count);
  const inColumns = Math.min(columns.count, width - columns.start);
  const inRows = Math.min(rows.count, height - rows.start);
  const plane = width * height;
  // Where there are no eight left, the last one is read again with a coefficient of 0.
  const last = coefficients.length - 1;
  const coefficient = (place: number) => (place > last ? 0 : (coefficients[place] as number));
  const start = (place: number) => Math.min(place, last) * plane + rows.start * width + columns.start;
  for (let one = 0; one <= last; one += 8) {
    const [c0, c1, c2, c3] = [
      coefficient(one),
      coefficient(one + 1),
      coefficient(one + 2),
      coefficient(one + 3),
    ];
    const [c4, c5, c6, c7] = [
      coefficient(one + 4),
      coefficient(one + 5),
      coefficient(one + 6),
      coefficient(one + 7),
    ];
    const [s0, s1, s2, s3] = [start(one), start(one + 1), start(one + 2), start(one + 3)];
    const [s4, s5, s6, s7] = [start(one + 4), start(one + 5), start(one + 6), start(one + 7)];
    for (let y = 0; y < inRows; y++) {
      const to = y * columns.count;
      const line = y * width;
      for (let x = 0; x < inColumns; x++) {
        const at = line + x;
        const four =
          (mix[to + x] as number) +
          c0 * (data[s0 + at] as number) +
          c1 * (data[s1 + at] as number) +
          c2 * (data[s2 + at] as number) +
          c3 * (data[s3 + at] as number);
        mix[to + x] =
          Math.fround(four) +
          c4 * (data[s4 + at] as number) +
          c5 * (data[s5 + at] as number) +
          c6 * (data[s6 + at] as number) +
          c7 * (data[s7 + at] as number);
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
  const at = taps * place;
  let sum =
    (weights[at] as number) * (values[0] as number) + (weights[at + 1] as number) * (values[1] as number);
  for (let tap = 2; tap < taps; tap++) sum += (weights[at + tap] as number) * (values[tap] as number);
  return sum;
}
