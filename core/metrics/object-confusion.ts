/** An object and a detection are one thing from this intersection over union on. */
const sameThing = 0.5;

/**
 * Which class each object of an image was taken for, and which objects are none. Pairs are made by overlap, whatever their classes, the
 * greatest first; every object and every detection is in one pair at most.
 *
 * @param truths - Class index of each object.
 * @param found - Class index of each detection.
 * @param overlap - Intersection over union, 0..1, of an object and a detection, by their indices.
 * @param background - The index that stands for nothing.
 * @returns `[true class, predicted class]`, one for each object, and one for each detection that is in no pair.
 */
export function confusedObjects(
  truths: readonly number[],
  found: readonly number[],
  overlap: (truth: number, detection: number) => number,
  background: number,
): (readonly [number, number])[] {
  const pairs = truths
    .flatMap((_, truth) => found.map((_, detection) => ({ truth, detection, by: overlap(truth, detection) })))
    .filter(({ by }) => by >= sameThing)
    .sort((one, other) => other.by - one.by);
  const detectionOf = new Map<number, number>();
  const taken = new Set<number>();
  for (const { truth, detection } of pairs) {
    if (detectionOf.has(truth) || taken.has(detection)) continue;
    detectionOf.set(truth, detection);
    taken.add(detection);
  }
  return [
    ...truths.map((label, truth) => {
      const detection = detectionOf.get(truth);
      return [label, detection === undefined ? background : (found[detection] ?? background)] as const;
    }),
    ...found.flatMap((label, detection) => (taken.has(detection) ? [] : [[background, label] as const])),
  ];
}
