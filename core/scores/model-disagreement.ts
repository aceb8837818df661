import type { Detection } from '../detection.ts';

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
      other.map((theirs, right) => ({ left, right, iou: boxIou(mine.boxPx, theirs.boxPx) })),
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

/** Intersection over union of two boxes `[left, top, width, height]`; 0 where one has no area. */
function boxIou(one: Box['boxPx'], other: Box['boxPx']): number {
  const width = Math.min(one[0] + one[2], other[0] + other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[1] + one[3], other[1] + other[3]) - Math.max(one[1], other[1]);
  if (!(width > 0 && height > 0)) return 0;
  const shared = width * height;
  return shared / (one[2] * one[3] + other[2] * other[3] - shared);
}
