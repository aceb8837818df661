import type { BoxShape, Shape } from './annotated-image.ts';
import { joinRings } from './join-rings.ts';
import { outlineOfMask } from './mask-outline.ts';
import { maskBox } from './pixel-mask.ts';
import { boxOfRings } from './shape-in-image.ts';

/** The box around a shape: left, top, width, height in pixels. */
export function boxOfShape(shape: Shape): BoxShape['boxPx'] {
  switch (shape.kind) {
    case 'box':
      return shape.boxPx;
    case 'polygon':
      return boxOfRings(shape.ringsPx);
    case 'mask':
      return maskBox(shape.mask);
  }
}

/** The outlines of a shape, a ring for each part; parts and holes of a mask are joined to one by lines without width. */
export function ringsOfShape(shape: Shape): readonly (readonly number[])[] {
  switch (shape.kind) {
    case 'box': {
      const [x, y, width, height] = shape.boxPx;
      return [[x, y, x + width, y, x + width, y + height, x, y + height]];
    }
    case 'polygon':
      return shape.ringsPx;
    case 'mask':
      return [joinRings(outlineOfMask(shape.mask))];
  }
}
