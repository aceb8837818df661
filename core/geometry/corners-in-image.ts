import type { Placement, SizePx } from './image-placement.ts';

/** Left, top, right, bottom. */
export type Corners = readonly [number, number, number, number];

/** From pixels of a model's input back to those of the image that was placed in it, cut at the image's edges. */
export function cornersInImage(
  [left, top, right, bottom]: Corners,
  image: SizePx,
  place: Placement,
): Corners {
  const x = (value: number) => within(((value - place.left) * image.width) / place.width, image.width);
  const y = (value: number) => within(((value - place.top) * image.height) / place.height, image.height);
  return [x(left), y(top), x(right), y(bottom)];
}

function within(value: number, length: number): number {
  return Math.min(length, Math.max(0, value));
}
