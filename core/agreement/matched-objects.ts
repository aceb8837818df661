import type { ImageObject } from '../formats/annotated-image.ts';
import { shapeOverlap } from '../metrics/shape-overlap.ts';
import type { ObjectsTruth } from '../truth.ts';
import { bestAssignment } from './best-assignment.ts';

/** From this intersection over union on two people mean the same object. */
export const leastOverlap = 0.5;

export interface MatchedPair {
  readonly one: ImageObject;
  readonly other: ImageObject;
  /** Intersection over union, {@link leastOverlap}..1. */
  readonly overlap: number;
}

/**
 * Which objects of two answers to one image are the same: class by class the pairs of the greatest sum of intersection over union
 * ({@link bestAssignment}) that overlap by half at least; boxes by their area, outlines and masks by their pixels.
 */
export function matchedObjects(one: ObjectsTruth, other: ObjectsTruth): MatchedPair[] {
  const overlapOf = shapeOverlap(one.sizePx ?? other.sizePx ?? { width: 0, height: 0 });
  const labels = [...new Set(one.objects.map(({ label }) => label))];
  return labels.flatMap((label) => {
    const [rows, columns] = [one, other].map(({ objects }) => objects.filter((each) => each.label === label));
    if (!rows || !columns) return [];
    // Less than half is no pair: such a one must not take its partner from another.
    const overlaps = rows.map((row) =>
      columns.map((column) => {
        const overlap = overlapOf(row, column);
        return overlap < leastOverlap ? 0 : overlap;
      }),
    );
    return bestAssignment(overlaps).flatMap((column, row) => {
      const [mine, theirs, overlap] = [rows[row], columns[column], overlaps[row]?.[column] ?? 0];
      return mine && theirs && overlap > 0 ? [{ one: mine, other: theirs, overlap }] : [];
    });
  });
}
