import { DomainError } from '../errors.ts';
import type { Classified, Detected } from '../ports.ts';
import { boxesFault, boxScoreNames, type BoxScoreName } from './box-scores.ts';
import { boxesInformativeness, type BoxRule } from './box-aggregates.ts';
import { highestCost, type CostMatrix } from './cost-sensitive.ts';
import { countedBoxes } from './counted-boxes.ts';
import { drawsFault, drawsView } from './draws-kernel.ts';
import { lossFault, predictedLoss } from './predicted-loss.ts';
import { rowFault, severalFault } from './probability-rows.ts';
import { scores, type LoopScoreName } from './score-names.ts';

/** How a loop scores what its model answers: classes and predicted losses by `score`, objects by `boxes`. */
export interface ScoreRule {
  readonly score: LoopScoreName;
  readonly boxes: BoxRule;
  /** What scores by cost go by, in the order of the model's classes. */
  readonly costs?: CostMatrix;
}

/**
 * How much a person's answer would tell, by one model's answer to an image. Scores with another bound than 1 are divided by it; a sum of boxes, which
 * has none, becomes `sum/(1 + sum)`.
 *
 * @returns 0..1; higher asks a person first. Null for an image in which a model that looks for objects finds none that count.
 * @throws {@link DomainError} on an answer with an {@link answerFault}, or without the output that the score needs. Never retried.
 */
export function imageInformativeness(answer: Classified | Detected, rule: ScoreRule): number | null {
  const fault = answerFault(answer, rule);
  if (fault !== null) throw new DomainError(`The answer ${fault}.`);
  const score = scores[rule.score];
  if (score.needs === 'predictedLoss') return predictedLoss(answer.predictedLoss ?? NaN);
  if ('detections' in answer) {
    const value = boxesInformativeness(countedBoxes(answer.detections), rule.boxes);
    return value !== null && rule.boxes.aggregate === 'sum' ? value / (1 + value) : value;
  }
  if (score.needs === 'draws') {
    const view = drawsView(answer.draws ?? []);
    return atMostOne(score.kernel(view) / score.most(view.draws, view.classes));
  }
  const { probabilities } = answer;
  if (score.needs === 'costs') {
    const costs = rule.costs ?? [];
    return score.inUnit(score.kernelOf(costs)(probabilities, 0, probabilities.length), highestCost(costs));
  }
  return atMostOne(score.kernel(probabilities, 0, probabilities.length) / score.most(probabilities.length));
}

/**
 * What is wrong with the numbers of an answer, as the end of a sentence that begins with it; null when nothing is. Numbers that the score does not use
 * count too, where people see them.
 *
 * @throws {@link DomainError} when the answer has no such output as the score needs: that is the model's, not the image's. Never retried.
 */
export function answerFault(answer: Classified | Detected, rule: ScoreRule): string | null {
  const score = scores[rule.score];
  const lossMistake =
    score.needs === 'predictedLoss'
      ? lossFault(needed(answer.predictedLoss, rule.score, 'predicted_loss'))
      : null;
  if ('detections' in answer) return lossMistake ?? boxesFault(answer.detections);
  if (score.needs === 'draws') return drawsFault(drawsView(needed(answer.draws, rule.score, 'draws')));
  if (score.needs === 'costs') return rowFault(answer.probabilities, 0, answer.probabilities.length);
  const faultOf = score.needs === 'predictedLoss' ? severalFault : score.faultOf;
  return lossMistake ?? faultOf(answer.probabilities, 0, answer.probabilities.length);
}

/** The score of a box that a loop's score stands for; null for one that is of classes alone. */
export function boxScoreOf(score: LoopScoreName): BoxScoreName | null {
  return boxScoreNames.find((name) => name === score) ?? null;
}

function needed<T>(output: T | undefined, score: LoopScoreName, name: string): T {
  if (output !== undefined) return output;
  throw new DomainError(
    `The model has no output "${name}", which the score ${score} needs; choose another selection.score.`,
  );
}

/** Rounding makes a score 1e-16 more than its bound. */
function atMostOne(value: number): number {
  return Math.min(value, 1);
}
