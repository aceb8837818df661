import type { ImageObject } from '../formats/annotated-image.ts';
import { boxOfShape } from '../formats/shape-forms.ts';
import { AveragePrecision } from '../metrics/average-precision.ts';
import { classMetrics } from '../metrics/class-metrics.ts';
import { matchObjects, overlapThresholds, type ClassMatches } from '../metrics/object-matches.ts';
import { confusedObjects } from '../metrics/object-confusion.ts';
import { boxOverlap, maskOverlap, regionOf } from '../metrics/overlap.ts';
import type { Interval } from '../metrics/resamples.ts';
import { pixelsOf } from '../metrics/shape-overlap.ts';
import { confusionPlot } from '../plots/confusion-plot.ts';
import { precisionRecallPlot } from '../plots/precision-recall-plot.ts';
import { imageObject } from '../predicted-truth.ts';
import { shownScore } from '../shown-score.ts';
import { inOrderOfPath } from './in-order-of-path.ts';
import type { Evaluation, Evaluator, MeasuredImage } from './evaluation.ts';

interface Answer {
  readonly path: string;
  /** By class of the loop. */
  readonly matches: readonly ClassMatches[];
}

/** Measures a model that finds objects: COCO's mAP at an overlap of 0.5 and over 0.5 to 0.95, of boxes or of the objects' pixels. */
export class ObjectEvaluator implements Evaluator {
  readonly #classes: readonly string[];
  readonly #task: 'detection' | 'segmentation';
  readonly #answers: Answer[] = [];
  /** `[true class][predicted class]`; the last of both is the background. */
  readonly #confusion: number[][];

  constructor(classes: readonly string[], task: 'detection' | 'segmentation') {
    this.#classes = classes;
    this.#task = task;
    this.#confusion = Array.from({ length: classes.length + 1 }, () =>
      new Array<number>(classes.length + 1).fill(0),
    );
  }

  add({ path, truth, answer }: MeasuredImage): void {
    if (!('objects' in truth && 'detections' in answer)) throw new Error('a detection answers with objects');
    const { objects } = truth;
    // A class that the loop does not ask for can be neither right nor wrong.
    const found = answer.detections.filter(({ label }) => this.#classes.includes(label));
    const overlap = this.#overlaps(found.map(imageObject), objects, answer);
    const matches = this.#classes.map((name) => {
      const truths = objects.flatMap(({ label }, index) => (label === name ? [index] : []));
      const detections = found.flatMap(({ label }, index) => (label === name ? [index] : []));
      return matchObjects(
        detections.map((index) => found[index]?.score ?? 0),
        truths.length,
        (detection, one) => overlap(detections[detection] ?? 0, truths[one] ?? 0),
      );
    });
    this.#answers.push({ path, matches });

    const shown = found.flatMap(({ score }, index) => (score >= shownScore ? [index] : []));
    const pairs = confusedObjects(
      objects.map(({ label }) => this.#classes.indexOf(label)),
      shown.map((index) => this.#classes.indexOf(found[index]?.label ?? '')),
      (one, detection) => overlap(shown[detection] ?? 0, one),
      this.#classes.length,
    );
    for (const [trueClass, predictedClass] of pairs) {
      const row = this.#confusion[trueClass];
      if (row) row[predictedClass] = (row[predictedClass] ?? 0) + 1;
    }
  }

  evaluation(): Evaluation {
    const answers = inOrderOfPath(this.#answers);
    const byClass = this.#classes.map(
      (_, index) => new AveragePrecision(answers.flatMap(({ matches }) => matches[index] ?? [])),
    );
    const at50 = byClass.map((one) => one.mean(0));
    const over = byClass.map((one) => mean(overlapThresholds.map((_, threshold) => one.mean(threshold))));
    // No object in the whole hold-out: nothing can be found, and nothing was missed.
    const value = zeroForNaN(meanOfNumbers(at50));
    const value50To95 = zeroForNaN(meanOfNumbers(over));
    const sides = [...this.#classes, 'background'];
    return {
      images: answers.length,
      metric: { name: 'mAP@.5', value },
      others: { 'mAP@.5:.95': value50To95 },
      logged: { holdout_map_50: value, holdout_map_50_95: value50To95 },
      statistics: (indices) => {
        const weights = new Uint32Array(answers.length);
        for (const index of indices) weights[index] = (weights[index] ?? 0) + 1;
        const means = byClass.map((one) => one.mean(0, weights));
        return [meanOfNumbers(means), ...means];
      },
      report: ([interval, ...intervals]: readonly Interval[]) => ({
        'mAP@.5': { value, ...interval },
        'mAP@.5:.95': value50To95,
        classes: classMetrics(this.#confusion)
          .slice(0, -1)
          .map(({ truths, precision, recall, f1 }, index) => ({
            name: this.#classes[index],
            truths,
            'AP@.5': truths === 0 ? null : { value: at50[index], ...intervals[index] },
            'AP@.5:.95': truths === 0 ? null : over[index],
            [`at score ${shownScore}`]: { precision, recall, f1 },
          })),
        confusionMatrix: { classes: sides, score: shownScore, counts: this.#confusion },
      }),
      plots: () => ({
        'confusion-matrix': confusionPlot(this.#confusion, sides, sides),
        'precision-recall': precisionRecallPlot(
          this.#classes.map((name, index) => ({ name, precisions: byClass[index]?.precisions(0) ?? [] })),
        ),
      }),
    };
  }

  #overlaps(
    found: readonly ImageObject[],
    truth: readonly ImageObject[],
    { widthPx, heightPx }: { widthPx: number; heightPx: number },
  ): (detection: number, truth: number) => number {
    if (this.#task === 'detection') {
      const boxes = (objects: readonly ImageObject[]) => objects.map(({ shape }) => boxOfShape(shape));
      const [ofFound, ofTruth] = [boxes(found), boxes(truth)];
      return (detection, one) => {
        const [box, other] = [ofFound[detection], ofTruth[one]];
        return box && other ? boxOverlap(box, other) : 0;
      };
    }
    const size = { width: widthPx, height: heightPx };
    const regions = (objects: readonly ImageObject[]) =>
      objects.map((object) => regionOf(pixelsOf(object, size)));
    const [ofFound, ofTruth] = [regions(found), regions(truth)];
    return (detection, one) => {
      const [region, other] = [ofFound[detection], ofTruth[one]];
      return region && other ? maskOverlap(region, other) : 0;
    };
  }
}

function meanOfNumbers(values: readonly number[]): number {
  return mean(values.filter((value) => !Number.isNaN(value)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function zeroForNaN(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
