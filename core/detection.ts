import type { PixelMask } from './formats/annotated-image.ts';
import type { MaskTermName } from './scores/mask-terms.ts';

/** One object that a model found. Lengths are in pixels of the image as it is displayed. */
export interface Detection {
  readonly label: string;
  /** Confidence in `label`, 0..1: the highest of `classScores`. */
  readonly score: number;
  /** Confidence by class in the model's order, 0..1 each, of any sum. Absent when the graph suppresses doubles itself and tells only `score`. */
  readonly classScores?: ArrayLike<number>;
  /** Left, top, width, height; inside the image. */
  readonly boxPx: readonly [number, number, number, number];
  /** The object's pixels, of the size of the image: models that segment. */
  readonly mask?: PixelMask;
  /** How unclear its pixels are, 0..1: of models that segment, where it was asked. Null: there are no such pixels. */
  readonly maskTerms?: Readonly<Record<MaskTermName, number | null>>;
  /** The outlines of `mask`, `[x, y, x, y, …]` a part, simplified: what a person corrects. */
  readonly ringsPx?: readonly (readonly number[])[];
}
