import { averageConfidenceScores } from './average-confidence.ts';
import { entropyScores } from './entropy.ts';
import { leastConfidenceScores } from './least-confidence.ts';
import { marginScores } from './margin.ts';

/** Informativeness of `[items][classes]` probabilities, by the name that `loop.yaml` uses. Higher asks a person first, in 0..1. */
export const classificationScores = {
  margin: marginScores,
  'least-confidence': leastConfidenceScores,
  'average-confidence': (probabilities) =>
    averageConfidenceScores(probabilities.map((row) => [Math.min(Math.max(...row), 1)])),
  entropy: entropyScores,
} as const satisfies Record<string, (probabilities: readonly (readonly number[])[]) => number[]>;

export type ScoreName = keyof typeof classificationScores;
export const scoreNames = Object.keys(classificationScores) as [ScoreName, ...ScoreName[]];
