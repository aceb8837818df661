import type { BoxCandidates } from './box-candidates.ts';

/**
 * Class-wise non-maximum suppression: from the surest on, a box is a double when its intersection over union with a surer one of its class that
 * was kept is above the threshold. Of equal scores the first goes before.
 *
 * @returns Places in `candidates`, surest first, `max` at most.
 * @see `torchvision.ops.nms` on boxes that are moved apart by class.
 */
export function suppressDoubles(
  { corners, scores, classes }: BoxCandidates,
  { iouThreshold, max }: { iouThreshold: number; max: number },
): number[] {
  const order = Array.from(scores.keys()).sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0));
  const kept: number[] = [];
  const keptOfClass = new Map<number, number[]>();
  for (const place of order) {
    if (kept.length === max) break;
    const kind = classes[place] ?? 0;
    let rivals = keptOfClass.get(kind);
    if (!rivals) keptOfClass.set(kind, (rivals = []));
    if (rivals.some((rival) => boxIou(corners, place, rival) > iouThreshold)) continue;
    rivals.push(place);
    kept.push(place);
  }
  return kept;
}

function boxIou(corners: Float32Array, one: number, other: number): number {
  const at = (box: number, side: number) => corners[4 * box + side] ?? 0;
  const width = Math.min(at(one, 2), at(other, 2)) - Math.max(at(one, 0), at(other, 0));
  const height = Math.min(at(one, 3), at(other, 3)) - Math.max(at(one, 1), at(other, 1));
  if (width <= 0 || height <= 0) return 0;
  const overlap = width * height;
  const area = (box: number) => (at(box, 2) - at(box, 0)) * (at(box, 3) - at(box, 1));
  return overlap / (area(one) + area(other) - overlap);
}
