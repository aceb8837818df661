import { boxOfShape } from './formats/shape-forms.ts';
import { boxOverlap } from './metrics/overlap.ts';
import { matchObjects } from './metrics/object-matches.ts';
import type { Truth } from './truth.ts';

/**
 * How wrong a prediction was, by what a person said afterwards: of a class 0 or 1; of objects 1 − F1, where a box of the right class that overlaps
 * by half is right (outlines by their boxes). Nothing found where nothing is, is right.
 *
 * @returns 0..1.
 */
export function predictionLoss(predicted: Truth, truth: Truth): number {
  if ('label' in predicted || 'label' in truth)
    return 'label' in predicted && 'label' in truth && predicted.label === truth.label ? 0 : 1;
  const all = predicted.objects.length + truth.objects.length;
  if (all === 0) return 0;
  const labels = new Set(truth.objects.map(({ label }) => label));
  let right = 0;
  for (const label of labels) {
    const boxes = [predicted, truth].map(({ objects }) =>
      objects.filter((one) => one.label === label).map(({ shape }) => boxOfShape(shape)),
    );
    const [found = [], there = []] = boxes;
    const { found: matched } = matchObjects(
      found.map(() => 1),
      there.length,
      (detection, one) => {
        const [box, other] = [found[detection], there[one]];
        return box && other ? boxOverlap(box, other) : 0;
      },
    );
    right += matched.filter((bits) => (bits & 1) === 1).length;
  }
  return 1 - (2 * right) / all;
}
