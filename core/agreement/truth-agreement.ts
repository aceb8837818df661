import type { Truth } from '../truth.ts';
import { matchedObjects } from './matched-objects.ts';

/**
 * How far two people say the same of an image, 0..1. Of a class 0 or 1. Of objects `2·Σ IoU ÷ (n₁ + n₂)` over {@link matchedObjects}: the
 * F1 of finding each other's objects, times the mean IoU of those that both found. Nothing on either side is 1.
 *
 * @see Kirillov et al. 2019, "Panoptic Segmentation": its panoptic quality, with one person's answer as the truth.
 */
export function truthAgreement(one: Truth, other: Truth): number {
  if ('label' in one || 'label' in other)
    return 'label' in one && 'label' in other && one.label === other.label ? 1 : 0;
  const all = one.objects.length + other.objects.length;
  if (all === 0) return 1;
  return (2 * matchedObjects(one, other).reduce((sum, { overlap }) => sum + overlap, 0)) / all;
}
