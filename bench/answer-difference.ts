import { boxOverlap } from '../core/metrics/overlap.ts';
import type { Classified, Detected, Unreadable } from '../core/ports.ts';

export type ModelAnswer = Classified | Detected | Unreadable;

/** Two boxes are the same when they overlap by this (intersection over union). */
const sameBox = 0.99;

/** The largest difference of two answers' probabilities. An object that the other does not have counts with its whole score. */
export function answerDifference(one: ModelAnswer, other: ModelAnswer): number {
  if ('probabilities' in one && 'probabilities' in other)
    return Math.max(
      ...one.probabilities.map((probability, place) =>
        Math.abs(probability - (other.probabilities[place] ?? NaN)),
      ),
    );
  if ('detections' in one && 'detections' in other)
    return Math.max(missingScore(one, other), missingScore(other, one));
  throw new Error(`${one.id}: an answer is missing, or of another kind.`);
}

function missingScore({ detections }: Detected, other: Detected): number {
  const differences = detections.map(({ label, score, boxPx }) => {
    const twins = other.detections.filter(
      (its) => its.label === label && boxOverlap(its.boxPx, boxPx) >= sameBox,
    );
    return Math.min(score, ...twins.map((its) => Math.abs(its.score - score)));
  });
  return Math.max(0, ...differences);
}
