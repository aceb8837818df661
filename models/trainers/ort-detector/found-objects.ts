import { suppressDoubles } from '../../../core/geometry/suppress-doubles.ts';
import type { BoxPx } from './boxes.ts';
import type { NetworkShape } from './network.ts';

export interface FoundObject {
  readonly label: number;
  /** 0..1. */
  readonly score: number;
  /** Left, top, width, height in pixels of the model's input. */
  readonly boxPx: BoxPx;
}

export interface Thresholds {
  /** Objects with this score or less are left out. */
  readonly score: number;
  /** Of two objects of a class that overlap by more than this (IoU), the less sure one is left out. */
  readonly iou: number;
}

/** More than this are no objects, but noise. */
const mostObjects = 300;

/**
 * Reads one image's answer in YOLOv8's layout: each cell may tell an object of the class that it is surest of; doubles are suppressed.
 *
 * @param answer - `[4 + classes + prototypes][cells]`: centre x, centre y, width, height, a probability by class, and mask coefficients.
 * @returns Surest first.
 */
export function foundObjects(
  answer: Float32Array,
  { classes, prototypes }: Pick<NetworkShape, 'classes' | 'prototypes'>,
  thresholds: Thresholds,
): FoundObject[] {
  const cells = answer.length / (4 + classes + prototypes);
  const at = (row: number, cell: number): number => answer[row * cells + cell] ?? NaN;
  const candidates: FoundObject[] = [];
  for (let cell = 0; cell < cells; cell++) {
    let label = 0;
    for (let other = 1; other < classes; other++)
      if (at(4 + other, cell) > at(4 + label, cell)) label = other;
    const score = at(4 + label, cell);
    if (!(score > thresholds.score)) continue;
    const [width, height] = [at(2, cell), at(3, cell)];
    candidates.push({
      label,
      score,
      boxPx: [at(0, cell) - width / 2, at(1, cell) - height / 2, width, height],
    });
  }
  const kept = suppressDoubles(
    {
      corners: Float32Array.from(candidates.flatMap(({ boxPx: [x, y, w, h] }) => [x, y, x + w, y + h])),
      scores: Float32Array.from(candidates, ({ score }) => score),
      classes: Int32Array.from(candidates, ({ label }) => label),
      cells: Int32Array.from(candidates.keys()),
    },
    { iouThreshold: thresholds.iou, max: mostObjects },
  );
  return kept.flatMap((place) => candidates[place] ?? []);
}
