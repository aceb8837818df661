import type { ImageObject } from './formats/annotated-image.ts';
import type { Detection } from './detection.ts';
import type { Classified, Detected } from './ports.ts';
import { indexOfMax } from './selection/index-of-max.ts';
import { shownScore } from './shown-score.ts';
import type { Truth } from './truth.ts';

/** What a model says of an image, as a person would say it. @param classes - The model's, in its order. */
export function predictedTruth(answer: Classified | Detected, classes: readonly string[]): Truth {
  if ('probabilities' in answer) {
    return { label: classes[indexOfMax(answer.probabilities)] ?? '' };
  }
  const shown = answer.detections.filter(({ score }) => score >= shownScore);
  return { objects: shown.map(imageObject), sizePx: { width: answer.widthPx, height: answer.heightPx } };
}

/** A detection as an annotation format writes it: outlines before a mask before its box. */
export function imageObject({ label, score, boxPx, ringsPx, mask }: Detection): ImageObject {
  if (ringsPx && ringsPx.length > 0) return { label, score, shape: { kind: 'polygon', ringsPx } };
  return { label, score, shape: mask ? { kind: 'mask', mask } : { kind: 'box', boxPx } };
}
