import { AveragePrecision } from '../../../core/metrics/average-precision.ts';
import { matchObjects } from '../../../core/metrics/object-matches.ts';
import { boxOverlap } from '../../../core/metrics/overlap.ts';
import type { BoxPx, LabelledBox } from './boxes.ts';
import type { FoundObject } from './found-objects.ts';

const noBox: BoxPx = [0, 0, 0, 0];

/**
 * COCO's average precision at an IoU of 0.5, the mean of the classes that occur; 0 when none does.
 *
 * @param found - By image.
 * @param truth - By image.
 */
export function map50(
  found: readonly (readonly FoundObject[])[],
  truth: readonly (readonly LabelledBox[])[],
  classes: number,
): number {
  const precisions = Array.from({ length: classes }, (_, label) => {
    const images = found.map((objects, image) => {
      const mine = objects.filter((one) => one.label === label);
      const real = (truth[image] ?? []).filter((one) => one.label === label);
      const scores = mine.map(({ score }) => score);
      return matchObjects(scores, real.length, (detection, object) =>
        boxOverlap(mine[detection]?.boxPx ?? noBox, real[object]?.boxPx ?? noBox),
      );
    });
    return new AveragePrecision(images).mean(0);
  }).filter((precision) => !Number.isNaN(precision));
  return precisions.reduce((sum, precision) => sum + precision, 0) / Math.max(1, precisions.length);
}
