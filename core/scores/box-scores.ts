import type { Detection } from '../detection.ts';
import { DomainError } from '../errors.ts';
import { difficulty } from './class-difficulty.ts';
import { binaryEntropyNats, entropy } from './entropy.ts';
import { leastConfidence } from './least-confidence.ts';
import { margin } from './margin.ts';
import { defaultNear, nearThreshold, type NearThreshold } from './near-threshold.ts';

/** What is known of a box: its confidence, and by class where the model tells. */
export type ScoredBox = Pick<Detection, 'score' | 'classScores' | 'maskTerms'> & { readonly label?: string };

/** What some scores of boxes go by. */
export interface BoxScoreOptions {
  /** `near-threshold`: default 0.1 around 0.5. */
  readonly near?: NearThreshold | undefined;
  /** `difficulty`: what a box of each class weighs, from `difficultyWeights`; that of another class weighs 1. */
  readonly classWeights?: Readonly<Record<string, number>> | undefined;
}

/**
 * How little a model knows of one box, in 0..1, higher asks a person first.
 *
 * The first three are the classification's, of the belief over the classes and "none of them": the class scores with what they leave of 1, scaled
 * to a sum of 1 where they sum to more; of a box with only a confidence s, of s and 1 − s. `binary-entropy` is that of s alone, in bits;
 * `average-confidence` is what the confidence leaves of 1, and averaged over all boxes the DagsHub recipe's (step 6);
 * `difficulty` is it by what the box's class weighs; `near-threshold` is 1 of a box that a slightly other threshold would show or hide.
 */
export const boxScores = {
  margin: (box) => ofBelief(margin, box),
  'least-confidence': (box) => ofBelief(leastConfidence, box),
  entropy: (box) => ofBelief(entropy, box),
  'binary-entropy': ({ score }) => binaryEntropyNats(score) / Math.LN2,
  'average-confidence': ({ score }) => 1 - score,
  difficulty: ({ score, label = '' }, { classWeights = {} }) => difficulty(score, classWeights[label]),
  'near-threshold': ({ score }, { near = defaultNear }) => nearThreshold(score, near),
} as const satisfies Record<string, (box: ScoredBox, options: BoxScoreOptions) => number>;

export type BoxScoreName = keyof typeof boxScores;
export const boxScoreNames = Object.keys(boxScores) as [BoxScoreName, ...BoxScoreName[]];

/** What is wrong with the boxes of an image, as the end of a sentence that begins with the image; null when nothing is. */
export function boxesFault(boxes: readonly ScoredBox[]): string | null {
  for (const [index, { score, classScores = [] }] of boxes.entries()) {
    const wrong = isShare(score) ? strangerIn(classScores) : score;
    if (wrong !== undefined) return `holds a box (${index}) with the score ${wrong}, which must be in 0..1`;
  }
  return null;
}

/** Hundreds of boxes have hundreds of class scores an image: they are not copied for a look. */
function strangerIn(values: ArrayLike<number>): number | undefined {
  for (let at = 0; at < values.length; at++) if (!isShare(values[at] as number)) return values[at];
  return undefined;
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** @throws {@link DomainError} naming the box whose score is outside 0..1. Never retried. */
export function assertBoxes(boxes: readonly ScoredBox[]): void {
  const fault = boxesFault(boxes);
  if (fault !== null) throw new DomainError(`The image ${fault}.`);
}

function ofBelief(
  kernel: (values: ArrayLike<number>, start: number, classes: number) => number,
  { score, classScores = [score] }: ScoredBox,
): number {
  const given = Array.from(classScores);
  const sum = given.reduce((total, one) => total + one, 0);
  const belief = [...given, Math.max(1 - sum, 0)].map((one) => one / Math.max(sum, 1));
  return kernel(belief, 0, belief.length);
}
