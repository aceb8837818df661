import { DomainError } from '../errors.ts';
import { assertBoxes, type ScoredBox } from './box-scores.ts';
import { binaryEntropyNats } from './entropy.ts';

/** PPAL's constants, as in its repository at 15875ed. */
export const ppal = { a: 0.3, u: 0.2, xi: 0.6, momentum: 0.99, leastScore: 0.05 } as const;

/** A box of the training data that was matched with the object it should be. */
export interface MatchedBox {
  readonly classIndex: number;
  /** Chance that the model gives the right class, 0..1. */
  readonly p: number;
  /** 0..1. */
  readonly iou: number;
}

/**
 * How well a model does each class: the moving average of `p^ξ · IoU^(1 − ξ)` over its matched boxes, in their order.
 *
 * @param before - By class, 0..1; 0 at first.
 * @returns By class, 0..1; higher is easier.
 * @throws {@link DomainError} on a match outside 0..1 or of no such class, naming its index. Never retried.
 */
export function classQuality(
  before: readonly number[],
  matches: readonly MatchedBox[],
  { xi, momentum }: Pick<typeof ppal, 'xi' | 'momentum'> = ppal,
): number[] {
  const quality = [...before];
  for (const [index, { classIndex, p, iou }] of matches.entries()) {
    const q = quality[classIndex];
    if (q === undefined || !(p >= 0 && p <= 1 && iou >= 0 && iou <= 1))
      throw new DomainError(
        `Match ${index} has class ${classIndex}, p ${p}, IoU ${iou}; p and IoU must be in 0..1.`,
      );
    quality[classIndex] = momentum * q + (1 - momentum) * p ** xi * iou ** (1 - xi);
  }
  return quality;
}

/**
 * What a box of each class weighs, `1 + a·u·ln((e^(1/a) − 1)(1 − q) + 1)`: 1 where the model has nothing left to learn, 1 + u where it has all.
 *
 * @param quality - By class, 0..1, from {@link classQuality}.
 * @returns By class, in 1..1 + u.
 * @throws {@link DomainError} on a quality outside 0..1, naming the class's index. Never retried.
 */
export function difficultyWeights(
  quality: readonly number[],
  { a, u }: Pick<typeof ppal, 'a' | 'u'> = ppal,
): number[] {
  return quality.map((q, index) => {
    if (!(q >= 0 && q <= 1))
      throw new DomainError(`Class ${index} has the quality ${q}; it must be in 0..1.`);
    return 1 + a * u * Math.log(Math.expm1(1 / a) * (1 - q) + 1);
  });
}

/**
 * PPAL's difficulty-calibrated uncertainty, `Σ h(s)·w_class` over the boxes of score 0.05 and more, h being binary entropy in nats: many unclear
 * boxes of hard classes ask first.
 *
 * @param boxes - Each with the index of its class.
 * @param weights - By class, from {@link difficultyWeights}.
 * @returns 0 or more, without upper bound; higher asks a person first. Null without boxes of that score.
 * @throws {@link DomainError} on a score outside 0..1 or a class without a weight, naming the box. Never retried.
 * @see Yang, Huang, Crowley 2024, "Plug and Play Active Learning for Object Detection".
 */
export function difficultyCalibratedUncertainty(
  boxes: readonly (ScoredBox & { readonly classIndex: number })[],
  weights: readonly number[],
  { leastScore }: Pick<typeof ppal, 'leastScore'> = ppal,
): number | null {
  assertBoxes(boxes);
  const unweighted = boxes.findIndex(({ classIndex }) => weights[classIndex] === undefined);
  if (unweighted >= 0)
    throw new DomainError(
      `Box ${unweighted} is of class ${boxes[unweighted]?.classIndex ?? NaN}; there are weights for ${weights.length}.`,
    );
  const counted = boxes.filter(({ score }) => score >= leastScore);
  if (counted.length === 0) return null;
  return counted.reduce(
    (sum, { score, classIndex }) => sum + binaryEntropyNats(score) * (weights[classIndex] ?? NaN),
    0,
  );
}
