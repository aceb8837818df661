import { DomainError } from '../errors.ts';
import { lossRanking, type LossRanking } from '../learning/loss-ranking.ts';
import { AveragePrecision } from '../metrics/average-precision.ts';
import { classMetrics } from '../metrics/class-metrics.ts';
import { classificationMetrics } from '../metrics/classification-metrics.ts';
import { confusionMatrix } from '../metrics/confusion-matrix.ts';
import type { Interval } from '../metrics/resamples.ts';
import { entropyNats } from '../scores/entropy.ts';
import { confusionPlot } from '../plots/confusion-plot.ts';
import { precisionRecallPlot } from '../plots/precision-recall-plot.ts';
import { inOrderOfPath } from './in-order-of-path.ts';
import type { Evaluation, Evaluator, MeasuredImage } from './evaluation.ts';

interface Answer {
  readonly path: string;
  /** Index of the class. */
  readonly truth: number;
  readonly predicted: number;
  /** By class of the loop. */
  readonly probabilities: readonly number[];
  /** Of a model that predicts its loss. */
  readonly predictedLoss: number | undefined;
}

/** Measures a classifier: macro recall, accuracy, macro F1, each class by itself, and how well it predicts its losses if it does. */
export class ClassEvaluator implements Evaluator {
  readonly #classes: readonly string[];
  readonly #answers: Answer[] = [];

  constructor(classes: readonly string[]) {
    this.#classes = classes;
  }

  /** @throws {@link DomainError} when the model lacks a class of the loop or has another. Never retried. */
  add({ path, truth, answer }: MeasuredImage, classes: readonly string[]): void {
    if (!('label' in truth && 'probabilities' in answer))
      throw new Error('a classification answers with a class');
    if (classes.length !== this.#classes.length || !this.#classes.every((one) => classes.includes(one)))
      throw new DomainError(`The model knows ${classes.join(', ')}; the loop ${this.#classes.join(', ')}.`);
    const probabilities = this.#classes.map((one) => answer.probabilities[classes.indexOf(one)] ?? 0);
    const predicted = this.#classes.indexOf(classes[best(answer.probabilities)] ?? '');
    const { predictedLoss } = answer;
    this.#answers.push({
      path,
      truth: this.#classes.indexOf(truth.label),
      predicted,
      probabilities,
      predictedLoss,
    });
  }

  evaluation(): Evaluation {
    const classes = this.#classes;
    const answers = inOrderOfPath(this.#answers);
    const truth = answers.map((one) => one.truth);
    const predicted = answers.map((one) => one.predicted);
    const matrix = confusionMatrix(truth, predicted, classes.length);
    const { macroRecall, accuracy, macroF1 } = classificationMetrics(matrix);
    const losses = rankingOfLosses(answers);
    return {
      images: answers.length,
      metric: { name: 'macro recall', value: macroRecall },
      others: {
        accuracy,
        ...(losses && { 'loss rank': losses.predictedLoss, 'entropy rank': losses.entropy }),
      },
      logged: {
        holdout_macro_recall: macroRecall,
        holdout_accuracy: accuracy,
        holdout_macro_f1: macroF1,
        ...(losses && {
          holdout_predicted_loss_rank_correlation: losses.predictedLoss,
          holdout_entropy_rank_correlation: losses.entropy,
        }),
      },
      ...(losses?.warning && { warning: losses.warning }),
      statistics: (indices) => [macroRecallOf(truth, predicted, indices, classes.length)],
      report: ([interval]: readonly Interval[]) => ({
        macroRecall: { value: macroRecall, ...interval },
        accuracy,
        macroF1,
        classes: classMetrics(matrix).map((metrics, index) => ({ name: classes[index], ...metrics })),
        confusionMatrix: matrix,
        ...(losses && { predictedLoss: losses }),
      }),
      plots: () => ({
        'confusion-matrix': confusionPlot(matrix, classes, classes),
        'precision-recall': precisionRecallPlot(
          classes.map((name, index) => ({ name, precisions: ranking(answers, index).precisions(0) })),
        ),
      }),
    };
  }
}

/** Null of a model that predicts no losses, and where one of the orders is none: all losses the same. */
function rankingOfLosses(answers: readonly Answer[]): LossRanking | null {
  const predicted = answers.flatMap(({ predictedLoss }) => predictedLoss ?? []);
  if (predicted.length < answers.length) return null;
  const ranking = lossRanking({
    predicted,
    entropies: answers.map(({ probabilities }) => entropyNats(probabilities, 0, probabilities.length)),
    losses: answers.map(({ probabilities, truth }) => -Math.log(probabilities[truth] ?? 0)),
  });
  return Number.isFinite(ranking.predictedLoss + ranking.entropy) ? ranking : null;
}

/** A class's answers to all images as if each image were searched for it: its probability is the score. */
function ranking(answers: readonly Answer[], index: number): AveragePrecision {
  return new AveragePrecision(
    answers.map(({ truth, probabilities }) => ({
      truths: truth === index ? 1 : 0,
      scores: [probabilities[index] ?? 0],
      found: [truth === index ? 1 : 0],
    })),
  );
}

function macroRecallOf(
  truth: readonly number[],
  predicted: readonly number[],
  indices: Uint32Array,
  classes: number,
): number {
  const hits = new Uint32Array(classes);
  const totals = new Uint32Array(classes);
  for (const index of indices) {
    const trueClass = truth[index] ?? 0;
    totals[trueClass] = (totals[trueClass] ?? 0) + 1;
    if (predicted[index] === trueClass) hits[trueClass] = (hits[trueClass] ?? 0) + 1;
  }
  let sum = 0;
  let occurring = 0;
  totals.forEach((total, index) => {
    if (total === 0) return;
    sum += (hits[index] ?? 0) / total;
    occurring += 1;
  });
  return sum / occurring;
}

function best(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
