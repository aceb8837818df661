import { averageConfidenceScores } from './average-confidence.ts';
import { entropyScores } from './entropy.ts';
import { leastConfidenceScores } from './least-confidence.ts';
import { marginScores } from './margin.ts';
import { assertProbabilityRows, topTwo } from './probability-rows.ts';

/** Informativeness of `[items][classes]` probabilities, by the name that `loop.yaml` uses. Higher asks a person first, in 0..1. */
export const classificationScores = {
  margin: marginScores,
  'least-confidence': leastConfidenceScores,
  'average-confidence': (probabilities) => {
    assertProbabilityRows(probabilities);
    return averageConfidenceScores(probabilities.map((row) => [Math.min(topTwo(row)[0], 1)]));
  },
  entropy: entropyScores,
} as const satisfies Record<string, (probabilities: readonly (readonly number[])[]) => number[]>;

export type ScoreName = keyof typeof classificationScores;
export const scoreNames = Object.keys(classificationScores) as [ScoreName, ...ScoreName[]];
