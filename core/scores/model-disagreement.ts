import type { Detection } from '../detection.ts';
import { boxOverlap } from '../metrics/overlap.ts';

type Box = Pick<Detection, 'label' | 'boxPx'>;

/**
 * How differently two models see an image, `1 − mean of IoU·[same class]` over the matched pairs and, as 0, each box that only one of them has.
 * Pairs are made by highest IoU first, equals by their places, each box at most once; boxes that do not touch are no pair.
 *
 * @returns 0..1; higher asks a person first; 0 where both find nothing, on which they agree.
 */
export function modelDisagreement(one: readonly Box[], other: readonly Box[]): number {
  const pairs = one
    .flatMap((mine, left) =>
      other.map((theirs, right) => ({ left, right, iou: boxOverlap(mine.boxPx, theirs.boxPx) })),
    )
    .filter(({ iou }) => iou > 0)
    .sort((a, b) => b.iou - a.iou || a.left - b.left || a.right - b.right);
  const taken = { left: new Set<number>(), right: new Set<number>() };
  let agreement = 0;
  for (const { left, right, iou } of pairs) {
    if (taken.left.has(left) || taken.right.has(right)) continue;
    taken.left.add(left);
    taken.right.add(right);
    if (one[left]?.label === other[right]?.label) agreement += iou;
  }
  const things = one.length + other.length - taken.left.size;
  return things === 0 ? 0 : 1 - agreement / things;
}
