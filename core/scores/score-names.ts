import { bald } from './bald.ts';
import { costMargin, leastCost, type CostMatrix } from './cost-sensitive.ts';
import { drawVariance } from './draw-variance.ts';
import type { DrawsKernel } from './draws-kernel.ts';
import { entropy, entropyNats } from './entropy.ts';
import { leastConfidence } from './least-confidence.ts';
import { margin } from './margin.ts';
import { maskIouDoubt, maskIouFault } from './mask-terms.ts';
import { maxKl } from './max-kl.ts';
import { multiLabelMax, multiLabelMean } from './multi-label.ts';
import { lossFault, predictedLoss } from './predicted-loss.ts';
import { rowFault, severalFault } from './probability-rows.ts';
import type { RowKernel } from './row-kernel.ts';
import { variationRatio } from './variation-ratio.ts';
import { voteEntropy } from './vote-entropy.ts';

/** A score of one model's answer, and what it needs of it. */
export type Score =
  | {
      readonly needs: 'probabilities';
      readonly kernel: RowKernel;
      readonly faultOf: typeof rowFault;
      /** The highest that it can give. */
      readonly most: (classes: number) => number;
    }
  | {
      readonly needs: 'draws';
      readonly kernel: DrawsKernel;
      readonly most: (draws: number, classes: number) => number;
    }
  | {
      readonly needs: 'costs';
      readonly kernelOf: (costs: CostMatrix) => RowKernel;
      /** What brings it to 0..1, of the highest cost. */
      readonly inUnit: (score: number, highest: number) => number;
    }
  /** One number an image. */
  | {
      readonly needs: 'predictedLoss' | 'predictedIou';
      readonly kernel: (value: number) => number;
      readonly faultOf: (value: number) => string | null;
    };

/** Scores by the name that `loop.yaml` and `labelloop score` use. All but `cost-margin` give 0 or more; higher asks a person first. */
export const scores = {
  margin: ofOneClass(margin),
  'least-confidence': ofOneClass(leastConfidence),
  /** A classified image is one object, so its average confidence is its confidence. */
  'average-confidence': ofOneClass(leastConfidence),
  entropy: ofOneClass(entropy),
  'entropy-nats': ofOneClass(entropyNats, Math.log),
  'multi-label-mean': ofSeveralClasses(multiLabelMean),
  'multi-label-max': ofSeveralClasses(multiLabelMax),
  bald: ofDraws(bald, logOfFewer),
  'vote-entropy': ofDraws(voteEntropy, logOfFewer),
  'variation-ratio': ofDraws(variationRatio, () => 1),
  'max-kl': ofDraws(maxKl, Math.log),
  'draw-variance': ofDraws(drawVariance, (draws, classes) => (1 - 1 / Math.min(draws, classes)) / classes),
  'least-cost': { needs: 'costs', kernelOf: leastCost, inUnit: (score, highest) => score / highest },
  'cost-margin': { needs: 'costs', kernelOf: costMargin, inUnit: (score, highest) => 1 + score / highest },
  'predicted-loss': { needs: 'predictedLoss', kernel: predictedLoss, faultOf: lossFault },
  'mask-iou-doubt': { needs: 'predictedIou', kernel: maskIouDoubt, faultOf: maskIouFault },
} as const satisfies Record<string, Score>;

export type ScoreName = keyof typeof scores;
export const scoreNames = Object.keys(scores) as [ScoreName, ...ScoreName[]];

/** Those that a loop's models can have; no card of a model names a predicted IoU. */
export type LoopScoreName = Exclude<ScoreName, 'mask-iou-doubt'>;
export const loopScoreNames = scoreNames.filter((name) => scores[name].needs !== 'predictedIou') as [
  LoopScoreName,
  ...LoopScoreName[],
];

function ofOneClass(kernel: RowKernel, most: (classes: number) => number = () => 1) {
  return { needs: 'probabilities', kernel, faultOf: rowFault, most } as const;
}

function ofSeveralClasses(kernel: RowKernel) {
  return { needs: 'probabilities', kernel, faultOf: severalFault, most: () => 1 } as const;
}

function ofDraws(kernel: DrawsKernel, most: (draws: number, classes: number) => number) {
  return { needs: 'draws', kernel, most } as const;
}

function logOfFewer(draws: number, classes: number): number {
  return Math.log(Math.min(draws, classes));
}
