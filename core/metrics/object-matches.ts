/** COCO's thresholds of intersection over union, 0.5 to 0.95, to the last bit as numpy's `linspace` gives them. */
export const overlapThresholds: readonly number[] = Array.from({ length: 10 }, (_, index) =>
  index === 9 ? 0.95 : index * ((0.95 - 0.5) / 9) + 0.5,
);

/** COCO counts no more detections than these, of an image and a class. */
const mostDetections = 100;

/** What became of the detections of one class in one image. */
export interface ClassMatches {
  /** Objects that are there. */
  readonly truths: number;
  /** Of the detections that count, most confident first. */
  readonly scores: readonly number[];
  /** Of each detection, bit `t` is set when it found an object at `overlapThresholds[t]`. */
  readonly found: readonly number[];
}

/**
 * Matches the detections of one class in one image with its objects, as COCO does: the most confident detection first, each takes the free
 * object that it overlaps most, if it does by the threshold; of equal overlaps the last one.
 *
 * @param scores - `[detections]`, in any order; of equal ones the first given comes first.
 * @param overlap - Intersection over union, 0..1, of a detection and an object, by their indices.
 * @see `COCOeval.evaluateImg` of pycocotools 2.0.11; there are no crowds and no ranges of area.
 */
export function matchObjects(
  scores: readonly number[],
  truths: number,
  overlap: (detection: number, truth: number) => number,
): ClassMatches {
  const order = scores
    .map((_, index) => index)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
    .slice(0, mostDetections);
  const overlaps = order.map((detection) =>
    Array.from({ length: truths }, (_, one) => overlap(detection, one)),
  );
  const found = order.map(() => 0);
  overlapThresholds.forEach((threshold, bit) => {
    const taken = new Uint8Array(truths);
    overlaps.forEach((row, detection) => {
      const match = bestFree(row, taken, threshold);
      if (match < 0) return;
      taken[match] = 1;
      found[detection] = (found[detection] ?? 0) | (1 << bit);
    });
  });
  return { truths, scores: order.map((detection) => scores[detection] ?? 0), found };
}

/** −1: none. */
function bestFree(overlaps: readonly number[], taken: Uint8Array, threshold: number): number {
  let best = Math.min(threshold, 1 - 1e-10);
  let match = -1;
  overlaps.forEach((value, truth) => {
    if (taken[truth] === 1 || value < best) return;
    best = value;
    match = truth;
  });
  return match;
}
