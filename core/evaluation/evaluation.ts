import type { LabelScheme } from '../answers/answers.ts';
import type { Interval } from '../metrics/resamples.ts';
import type { Classified, Detected } from '../ports.ts';
import type { Truth } from '../truth.ts';
import { ClassEvaluator } from './class-evaluator.ts';
import { ObjectEvaluator } from './object-evaluator.ts';

/** A hold-out image, what people said of it, and what a model does. */
export interface MeasuredImage {
  /** The datapoint's path. */
  readonly path: string;
  readonly truth: Truth;
  readonly answer: Classified | Detected;
}

/** Takes a model's answers one by one, and keeps of each what the metrics need. */
export interface Evaluator {
  /** @param classes - The model's, in its order. */
  add(image: MeasuredImage, classes: readonly string[]): void;
  /** Of all images so far, in the order of their paths. */
  evaluation(): Evaluation;
}

/** How good a model is on the hold-out. */
export interface Evaluation {
  readonly images: number;
  /** What a loop of this task is judged by, 0..1. */
  readonly metric: { readonly name: string; readonly value: number };
  /** Further metrics for the learning curve, −1..1; few, as they ride through the workflow's history. */
  readonly others: Readonly<Record<string, number>>;
  /** What people should know of the numbers. */
  readonly warning?: string;
  /** Further ones for MLflow, by its names. */
  readonly logged: Readonly<Record<string, number>>;
  /**
   * Statistics of a resample, the metric first; NaN where it has none.
   *
   * @param indices - Of images in the order of their paths, with repeats.
   */
  statistics(indices: Uint32Array): number[];
  /** All there is to say, for `evaluation.json`. @param intervals - 95 %, of the statistics. */
  report(intervals: readonly Interval[]): object;
  /** Vega-Lite specifications, by the name of the picture. */
  plots(): Readonly<Record<string, object>>;
}

export function evaluatorOf({ task, classes }: LabelScheme): Evaluator {
  return task === 'classification' ? new ClassEvaluator(classes) : new ObjectEvaluator(classes, task);
}
