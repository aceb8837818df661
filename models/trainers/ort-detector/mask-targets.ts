import type { SizePx } from '../../../core/geometry/image-placement.ts';
import { maskOfRings } from '../../../core/formats/polygon-mask.ts';
import type { BoxPx, LabelledBox } from './boxes.ts';
import type { Grid } from './network.ts';

/** The masks of a batch that the network should mix: one for each cell that stands for an object. */
export interface MaskTargets {
  /** Masks of the image that has most, 1 at least; the others are filled up with masks that count nothing. */
  readonly masks: number;
  /** `[batch][masks][cells]`: 1 at the mask's cell. */
  readonly chosen: Float32Array;
  /** `[batch][masks][cells]`: what each place of the mask counts; the image's weight in sum. */
  readonly inside: Float32Array;
  /** `[batch][masks][cells]`: that, times the share of the place that the object covers. */
  readonly covered: Float32Array;
}

/**
 * Draws the objects of a batch into the grid. Only places that the pixels of an object's box are made of count, and all objects count alike,
 * however large.
 *
 * @param owners - See `Targets`.
 * @param weights - By image.
 * @param input - What lies beyond is not covered.
 */
export function maskTargets(
  images: readonly (readonly LabelledBox[])[],
  owners: Int32Array,
  weights: readonly number[],
  grid: Grid,
  input: SizePx,
): MaskTargets {
  const cells = grid.rows * grid.columns;
  const claimed = images.map((_, image) =>
    [...owners.subarray(image * cells, (image + 1) * cells).keys()].filter(
      (cell) => (owners[image * cells + cell] ?? -1) >= 0,
    ),
  );
  const masks = Math.max(1, ...claimed.map(({ length }) => length));
  const empty = (): Float32Array => new Float32Array(images.length * masks * cells);
  const targets = { masks, chosen: empty(), inside: empty(), covered: empty() };
  for (const [image, boxes] of images.entries()) {
    const drawn = boxes.map((box) => drawing(box, grid, input));
    for (const [place, cell] of (claimed[image] ?? []).entries()) {
      const start = (image * masks + place) * cells;
      targets.chosen[start + cell] = 1;
      const { window, shares } = drawn[owners[image * cells + cell] ?? -1] ?? {};
      if (!window || !shares) continue;
      const each = (weights[image] ?? 1) / window.length;
      for (const at of window) {
        targets.inside[start + at] = each;
        targets.covered[start + at] = each * (shares[at] ?? 0);
      }
    }
  }
  return targets;
}

/** The cells that count for an object, and how much of each cell it covers. */
function drawing(
  { boxPx, ringsPx = [] }: LabelledBox,
  grid: Grid,
  input: SizePx,
): { window: readonly number[]; shares: Float32Array } {
  const { columns, rows, stridePx } = grid;
  const shares = new Float32Array(rows * columns);
  const { counts, height } = maskOfRings(ringsPx, input.width, input.height);
  let end = 0;
  for (const [run, length] of counts.entries()) {
    const start = end;
    end += length;
    if (run % 2 === 0) continue;
    for (let pixel = start; pixel < end; pixel++) {
      const [x, y] = [Math.floor(pixel / height), pixel % height];
      const cell = Math.floor(y / stridePx) * columns + Math.floor(x / stridePx);
      shares[cell] = (shares[cell] ?? 0) + 1 / stridePx ** 2;
    }
  }
  return { window: windowOf(boxPx, grid), shares };
}

/** The cells that a box's pixels are made of when the grid is enlarged, bilinear. */
function windowOf([left, top, width, height]: BoxPx, { rows, columns, stridePx }: Grid): number[] {
  const along = (start: number, length: number, cells: number): number[] => {
    const first = Math.max(0, Math.floor(start / stridePx - 0.5));
    const last = Math.min(cells - 1, Math.floor((start + length) / stridePx + 0.5));
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  };
  const across = along(left, width, columns);
  return along(top, height, rows).flatMap((row) => across.map((column) => row * columns + column));
}
