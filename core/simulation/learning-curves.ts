import type { Interval } from '../metrics/resamples.ts';
import { studentInterval } from '../metrics/student-interval.ts';
import type { SimulationPoint } from './simulate-arm.ts';

export const curveMetrics = ['accuracy', 'macroRecall', 'macroAP', 'macroF1', 'distinct'] as const;
export type CurveMetric = (typeof curveMetrics)[number];

/** What one arm measured with one seed. */
export interface SeededCurve {
  readonly arm: string;
  readonly seed: number;
  readonly points: readonly SimulationPoint[];
}

/** The mean over seeds with its 95 % interval, at a number of labels. */
export interface CurvePoint extends Interval {
  readonly labels: number;
  readonly value: number;
}

/** An arm's mean curve, at the numbers of labels that every seed has. */
export function meanCurve(curves: readonly SeededCurve[], arm: string, metric: CurveMetric): CurvePoint[] {
  const own = curves.filter((one) => one.arm === arm);
  return sharedLabels(own).map((labels) => ({
    labels,
    ...meanOfShares(own.map(({ points }) => valueAt(points, metric, labels))),
  }));
}

/** The mean of values in 0..1 with its 95 % interval, which is as well. */
export function meanOfShares(values: readonly number[]): { readonly value: number } & Interval {
  const { value, low, high } = studentInterval(values);
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}

/**
 * How much an arm is above another at each number of labels, by the differences of equal seeds: what the seeds have in common, hold-out and first
 * images, falls out, so the interval is narrower than two curves' bands suggest.
 */
export function gainCurve(
  curves: readonly SeededCurve[],
  arm: string,
  over: string,
  metric: CurveMetric,
): CurvePoint[] {
  const pairs = pairsOf(curves, arm, over);
  return sharedLabels(pairs.flat()).map((labels) => ({
    labels,
    ...studentInterval(
      pairs.map(
        ([one, other]) => valueAt(one.points, metric, labels) - valueAt(other.points, metric, labels),
      ),
    ),
  }));
}

/** The mean gain over all numbers of labels, up to `upTo`: the area between two curves, by the width. */
export function areaGain(
  curves: readonly SeededCurve[],
  arm: string,
  over: string,
  metric: CurveMetric,
  upTo = Infinity,
): { readonly value: number } & Interval {
  const pairs = pairsOf(curves, arm, over);
  const labels = sharedLabels(pairs.flat()).filter((count) => count <= upTo);
  return studentInterval(
    pairs.map(
      ([one, other]) =>
        labels.reduce(
          (sum, count) => sum + valueAt(one.points, metric, count) - valueAt(other.points, metric, count),
          0,
        ) / labels.length,
    ),
  );
}

/** With how many labels a mean curve first reaches a value, between its points by a straight line; null when it never does. */
export function labelsToReach(curve: readonly CurvePoint[], target: number): number | null {
  for (const [index, { labels, value }] of curve.entries()) {
    if (value < target) continue;
    const before = curve[index - 1];
    if (!before) return labels;
    return before.labels + ((target - before.value) / (value - before.value)) * (labels - before.labels);
  }
  return null;
}

/** A metric at a number of labels, between two points by a straight line; NaN outside of what was simulated. */
export function valueAt(points: readonly SimulationPoint[], metric: CurveMetric, labels: number): number {
  const of = (point: SimulationPoint) => point[metric] ?? NaN;
  for (const [index, point] of points.entries()) {
    if (point.labels === labels) return of(point);
    const before = points[index - 1];
    if (!before || point.labels < labels || before.labels > labels) continue;
    const share = (labels - before.labels) / (point.labels - before.labels);
    return of(before) + share * (of(point) - of(before));
  }
  return NaN;
}

function sharedLabels(curves: readonly SeededCurve[]): number[] {
  const [first, ...others] = curves.map(({ points }) => points.map(({ labels }) => labels));
  return (first ?? []).filter((labels) => others.every((list) => list.includes(labels)));
}

function pairsOf(curves: readonly SeededCurve[], arm: string, over: string): [SeededCurve, SeededCurve][] {
  return curves.flatMap((one) => {
    const other = curves.find(({ arm: name, seed }) => name === over && seed === one.seed);
    return one.arm === arm && other ? [[one, other] as [SeededCurve, SeededCurve]] : [];
  });
}
