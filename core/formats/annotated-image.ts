/** An image's objects, between any two formats. Lengths are in pixels of the image as it is displayed. */
export interface AnnotatedImage {
  /** Relative to the datasource's root, or whatever the file calls the image. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly ImageObject[];
}

export interface ImageObject {
  readonly label: string;
  readonly shape: Shape;
  /** A model's confidence, 0..1; absent for what people drew. */
  readonly score?: number;
}

export type Shape = BoxShape | PolygonShape | MaskShape;

export interface BoxShape {
  readonly kind: 'box';
  /** Left, top, width, height. */
  readonly boxPx: readonly [number, number, number, number];
}

export interface PolygonShape {
  readonly kind: 'polygon';
  /** The parts of one object, each `[x, y, x, y, …]` of at least three points; the object is their union. */
  readonly ringsPx: readonly (readonly number[])[];
}

export interface MaskShape {
  readonly kind: 'mask';
  readonly mask: PixelMask;
}

/** Lengths of runs of equal pixels, column by column, background first: COCO's RLE. They sum to width × height. */
export interface PixelMask {
  readonly width: number;
  readonly height: number;
  readonly counts: readonly number[];
}
