import {
  assertBoxes,
  boxScores,
  type BoxScoreName,
  type BoxScoreOptions,
  type ScoredBox,
} from './box-scores.ts';
import type { MaskTermName } from './mask-terms.ts';

/**
 * From the scores of an image's boxes to the image's. `top` is the mean of the k highest: a single odd box does not decide, and a crowd does not win
 * by its number. `mean` is blind to crowding, `max` trusts one box, `min` asks only images all of whose boxes are unclear, `sum` prefers crowds, which
 * also cost more to annotate.
 */
export const boxAggregates = ['top', 'mean', 'max', 'min', 'sum'] as const;
export type BoxAggregate = (typeof boxAggregates)[number];

export interface BoxRule extends BoxScoreOptions {
  readonly score: BoxScoreName;
  readonly aggregate: BoxAggregate;
  /** Boxes that `top` counts, 1 or more. */
  readonly k: number;
  /** What of its mask a box's score is multiplied with; 1 where the model told none. */
  readonly mask?: MaskTermName | undefined;
}

/** Encord Active takes the mean of all, MI-AOD of very many, the recipe the lowest confidence. */
export const defaultBoxRule = { score: 'margin', aggregate: 'top', k: 3 } as const satisfies BoxRule;

/** What counts boxes or sums over them in its paper does so here. */
export function defaultAggregate(score: BoxScoreName): BoxAggregate {
  if (score === 'average-confidence') return 'mean';
  return score === 'difficulty' || score === 'near-threshold' ? 'sum' : defaultBoxRule.aggregate;
}

/**
 * How little a model knows of an image by its boxes.
 *
 * @param boxes - In any order, of scores in 0..1.
 * @returns 0..1, for `sum` 0..the number of boxes; higher asks a person first. Null without boxes: that is for a policy to decide, not for a number.
 * @throws {@link DomainError} naming the box whose score is outside 0..1. Never retried.
 */
export function boxesInformativeness(
  boxes: readonly ScoredBox[],
  rule: BoxRule = defaultBoxRule,
): number | null {
  assertBoxes(boxes);
  if (boxes.length === 0) return null;
  const scoreOf = boxScores[rule.score];
  const highestFirst = boxes
    .map((box) => scoreOf(box, rule) * (rule.mask === undefined ? 1 : (box.maskTerms?.[rule.mask] ?? 1)))
    .sort((one, other) => other - one);
  switch (rule.aggregate) {
    case 'top':
      return mean(highestFirst.slice(0, rule.k));
    case 'mean':
      return mean(highestFirst);
    case 'max':
      return highestFirst[0] ?? NaN;
    case 'min':
      return highestFirst.at(-1) ?? NaN;
    case 'sum':
      return sum(highestFirst);
  }
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
