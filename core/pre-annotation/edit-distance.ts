import type { ImageObject } from '../formats/annotated-image.ts';
import { shapeOverlap } from '../metrics/shape-overlap.ts';
import type { ObjectsTruth, Truth } from '../truth.ts';

/**
 * How far an answer is from the suggestion that a person started from; 0: nothing was changed.
 *
 * Of a class 0 or 1. Of objects the sum over pairs, those that overlap most first, of 1 − intersection over union, or 1 where the class
 * differs; plus 1 for each object without partner, on either side: added or deleted.
 *
 * @param suggested - By a model.
 * @param answered - By a person.
 */
export function editDistance(suggested: Truth, answered: Truth): number {
  if ('label' in suggested || 'label' in answered)
    return 'label' in suggested && 'label' in answered && suggested.label === answered.label ? 0 : 1;
  const pairs = matched(suggested, answered);
  const alone = suggested.objects.length + answered.objects.length - 2 * pairs.length;
  return pairs.reduce(
    (sum, { one, other, overlap }) => sum + (one.label === other.label ? 1 - overlap : 1),
    alone,
  );
}

interface Pair {
  readonly one: ImageObject;
  readonly other: ImageObject;
  readonly overlap: number;
}

/** Of equal overlaps those of one class come first: a box drawn over another's place is no renamed one. */
function matched(suggested: ObjectsTruth, answered: ObjectsTruth): Pair[] {
  const overlapOf = shapeOverlap(suggested.sizePx ?? answered.sizePx ?? { width: 0, height: 0 });
  const pairs = suggested.objects
    .flatMap((one) => answered.objects.map((other) => ({ one, other, overlap: overlapOf(one, other) })))
    .filter(({ overlap }) => overlap > 0)
    .sort((a, b) => b.overlap - a.overlap || Number(isRenamed(a)) - Number(isRenamed(b)));
  const taken = new Set<ImageObject>();
  return pairs.filter(({ one, other }) => {
    if (taken.has(one) || taken.has(other)) return false;
    taken.add(one).add(other);
    return true;
  });
}

function isRenamed({ one, other }: Pair): boolean {
  return one.label !== other.label;
}
