import type { ImageObject } from '../formats/annotated-image.ts';
import { maskOfRings } from '../formats/polygon-mask.ts';
import { ringsOfShape } from '../formats/shape-forms.ts';
import { boxOverlap, maskOverlap, regionOf, type Region } from './overlap.ts';

/** Two objects' intersection over union, 0..1: of boxes by their area, of whatever is drawn otherwise by its pixels. */
export type ShapeOverlap = (one: ImageObject, other: ImageObject) => number;

/** @param sizePx - Of the image that the objects are in. Each object is drawn to pixels once. */
export function shapeOverlap(sizePx: { readonly width: number; readonly height: number }): ShapeOverlap {
  const regions = new Map<ImageObject, Region>();
  const region = (object: ImageObject) => {
    const known = regions.get(object);
    if (known) return known;
    const made = regionOf(pixelsOf(object, sizePx));
    regions.set(object, made);
    return made;
  };
  return (one, other) =>
    one.shape.kind === 'box' && other.shape.kind === 'box'
      ? boxOverlap(one.shape.boxPx, other.shape.boxPx)
      : maskOverlap(region(one), region(other));
}

/** The pixels of an object, however it is drawn. */
export function pixelsOf(
  { shape }: ImageObject,
  { width, height }: { readonly width: number; readonly height: number },
) {
  return shape.kind === 'mask' ? shape.mask : maskOfRings(ringsOfShape(shape), width, height);
}
