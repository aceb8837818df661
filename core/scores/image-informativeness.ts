import { DomainError } from '../errors.ts';
import type { Classified, Detected } from '../ports.ts';
import { classificationScores, type ScoreName } from './score-names.ts';

/** Boxes of an image that count: a single odd one does not decide, and a crowd does not win by its number. */
const countedBoxes = 3;

/**
 * How much a person's answer would tell, by one model's answer. Of an image with objects: the mean over its three most informative boxes,
 * each taken as the choice between "an object" with the box's score s and "none" with 1 − s; 0 without any box.
 *
 * @returns 0..1; higher asks a person first.
 * @throws {@link DomainError} on probabilities or scores outside 0..1, NaN included. Never retried.
 */
export function imageInformativeness(answer: Classified | Detected, score: ScoreName): number {
  const of = classificationScores[score];
  if ('probabilities' in answer) return of([answer.probabilities])[0] ?? NaN;
  if (answer.detections.length === 0) return 0;
  const boxes = answer.detections.map((detection) => {
    if (!(detection.score >= 0 && detection.score <= 1))
      throw new DomainError(`a detection has the score ${detection.score}; it must be in 0..1.`);
    return [detection.score, 1 - detection.score];
  });
  const most = of(boxes)
    .sort((one, other) => other - one)
    .slice(0, countedBoxes);
  return most.reduce((sum, one) => sum + one, 0) / most.length;
}
