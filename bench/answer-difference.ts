import { boxOverlap } from '../core/metrics/overlap.ts';
import type { Classified, Detected, Unreadable } from '../core/ports.ts';

export type ModelAnswer = Classified | Detected | Unreadable;

export interface AnswerDifference {
  /** The largest of a probability: of classes, or of objects that both found. */
  readonly probability: number;
  readonly objects: number;
  /** Objects of the first that the other did not find: suppression lets one of two near-equal boxes go, and which may hang on the sixth digit. */
  readonly lost: number;
}

/** Two boxes of a class are the same object when they overlap by this (intersection over union). */
const sameBox = 0.99;

export function answerDifference(one: ModelAnswer, other: ModelAnswer | undefined): AnswerDifference {
  if (other && 'probabilities' in one && 'probabilities' in other) {
    const differences = one.probabilities.map((its, place) =>
      Math.abs(its - (other.probabilities[place] ?? NaN)),
    );
    return { probability: Math.max(...differences), objects: 0, lost: 0 };
  }
  if (other && 'detections' in one && 'detections' in other) {
    const twins = one.detections.flatMap((its) => twinDifference(its, other) ?? []);
    const objects = one.detections.length;
    return { probability: Math.max(0, ...twins), objects, lost: objects - twins.length };
  }
  throw new Error(`${one.id}: an answer is missing, or of another kind.`);
}

function twinDifference(
  { label, score, boxPx }: Detected['detections'][number],
  { detections }: Detected,
): number | null {
  const twins = detections.filter((its) => its.label === label && boxOverlap(its.boxPx, boxPx) >= sameBox);
  return twins.length === 0 ? null : Math.min(...twins.map((its) => Math.abs(its.score - score)));
}
