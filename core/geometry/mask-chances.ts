import type { PixelChances } from '../scores/mask-terms.ts';
import type { Corners } from './corners-in-image.ts';
import type { Prototypes } from './object-mask.ts';

/**
 * The chance of each cell of the prototypes' grid to be the object's, within the object's box: beyond it a model that finds boxes is not taught to say
 * anything.
 *
 * @param corners - Of the box, in pixels of the model's input.
 * @param inputWidthPx - Of the model's input; its cells are squares.
 */
export function maskChances(
  { data, width, height }: Prototypes,
  coefficients: Float32Array,
  [x1, y1, x2, y2]: Corners,
  inputWidthPx: number,
): PixelChances {
  const perPx = width / inputWidthPx;
  const left = Math.min(Math.max(Math.floor(x1 * perPx), 0), width - 1);
  const top = Math.min(Math.max(Math.floor(y1 * perPx), 0), height - 1);
  const widthPx = Math.max(Math.min(Math.ceil(x2 * perPx), width) - left, 1);
  const heightPx = Math.max(Math.min(Math.ceil(y2 * perPx), height) - top, 1);
  const chances = new Float64Array(widthPx * heightPx);
  for (let one = 0; one < coefficients.length; one++) {
    const coefficient = coefficients[one] as number;
    for (let y = 0; y < heightPx; y++) {
      const from = one * width * height + (top + y) * width + left;
      for (let x = 0; x < widthPx; x++)
        chances[y * widthPx + x] =
          (chances[y * widthPx + x] as number) + coefficient * (data[from + x] as number);
    }
  }
  for (let at = 0; at < chances.length; at++) chances[at] = 1 / (1 + Math.exp(-(chances[at] as number)));
  return { widthPx, heightPx, chances };
}
