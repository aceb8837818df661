import {
  areaGain,
  gainCurve,
  labelsToReach,
  meanCurve,
  meanOfShares,
  valueAt,
  type CurveMetric,
  type SeededCurve,
} from '../../core/simulation/learning-curves.ts';
import { studentInterval } from '../../core/metrics/student-interval.ts';
import { table } from '../table.ts';

export interface ReportOptions {
  readonly metric: CurveMetric;
  /** Arms in the order they were named. */
  readonly arms: readonly string[];
  /** What so many labels would have bought. */
  readonly labels?: number;
  /** The value that labels are counted to. */
  readonly target?: number;
}

/** The arm that the others are held against. */
export const baseline = 'random';

/** Curves as text: means, differences to random of equal seeds, and the answers to what was asked. */
export function simulationReport(curves: readonly SeededCurve[], options: ReportOptions): string[] {
  const { metric, arms, labels, target } = options;
  const means = arms.map((arm) => ({ arm, curve: meanCurve(curves, arm, metric) }));
  const compared = arms.includes(baseline) ? arms.filter((arm) => arm !== baseline) : [];
  return [
    `${metric}, the mean of ${new Set(curves.map(({ seed }) => seed)).size} seeds (its 95 % interval)`,
    byLabels(
      means.map(({ arm, curve }) => ({ title: arm, curve })),
      ({ value, low, high }) => `${shown(value)} (${shown(low)}–${shown(high)})`,
    ),
    ...(compared.length === 0
      ? []
      : [
          '\nmore than random, by equal seeds (95 % interval)',
          byLabels(
            compared.map((arm) => ({ title: arm, curve: gainCurve(curves, arm, baseline, metric) })),
            gain,
          ),
          '',
          ...compared.map(
            (arm) =>
              `${arm}: ${gain(areaGain(curves, arm, baseline, metric))} over random on average of the curve.`,
          ),
        ]),
    ...arms.flatMap((arm) => lossRankings(curves, arm)),
    ...(labels === undefined ? [] : ['', ...bought(curves, options, labels)]),
    ...(target === undefined
      ? []
      : ['', ...means.map(({ arm, curve }) => reached(arm, metric, target, labelsToReach(curve, target)))]),
  ];
}

/** How well an arm that goes by predicted losses predicts them, beside entropy; nothing of another arm. */
function lossRankings(curves: readonly SeededCurve[], arm: string): string[] {
  const own = curves.filter((one) => one.arm === arm);
  const rows = (own[0]?.points ?? []).flatMap(({ labels }) => {
    const rankings = own.flatMap(
      ({ points }) => points.find((one) => one.labels === labels)?.lossRanking ?? [],
    );
    if (rankings.length === 0) return [];
    const [ours, entropy] = (['predictedLoss', 'entropy'] as const).map((which) =>
      studentInterval(rankings.map((ranking) => ranking[which])),
    );
    const more = studentInterval(rankings.map((ranking) => ranking.predictedLoss - ranking.entropy));
    return [{ labels, ours: ours?.value ?? NaN, entropy: entropy?.value ?? NaN, more }];
  });
  const last = rows.at(-1);
  if (!last) return [];
  return [
    `\n${arm}: rank correlation with the true losses of the hold-out`,
    table(
      ['labels', 'predicted loss', 'entropy', 'difference'].map((title) => ({ title, right: true })),
      rows.map(({ labels, ours, entropy, more }) => [
        String(labels),
        shown(ours),
        shown(entropy),
        gain(more),
      ]),
    ),
    ...(last.more.low > 0
      ? []
      : [
          `Warning: with ${last.labels} labels the predicted loss orders the hold-out not surely better than entropy does.`,
        ]),
  ];
}

interface Column {
  readonly title: string;
  readonly curve: ReturnType<typeof meanCurve>;
}

function byLabels(columns: readonly Column[], cell: (of: Column['curve'][number]) => string): string {
  const counts = [...new Set(columns.flatMap(({ curve }) => curve.map(({ labels }) => labels)))];
  return table(
    [{ title: 'labels', right: true }, ...columns.map(({ title }) => ({ title, right: true }))],
    counts
      .sort((a, b) => a - b)
      .map((labels) => [
        String(labels),
        ...columns.map(({ curve }) => {
          const at = curve.find((one) => one.labels === labels);
          return at ? cell(at) : '';
        }),
      ]),
  );
}

/** `500 labels would have bought an accuracy of 0.962 (0.955–0.969) by margin, +0.021 (+0.015–+0.027) over random.` */
function bought(curves: readonly SeededCurve[], { metric, arms }: ReportOptions, labels: number): string[] {
  const at = (arm: string) =>
    curves
      .filter((one) => one.arm === arm)
      .map(({ seed, points }) => ({ seed, value: valueAt(points, metric, labels) }));
  const base = new Map(at(baseline).map(({ seed, value }) => [seed, value]));
  return arms.map((arm) => {
    const { value, low, high } = meanOfShares(at(arm).map((one) => one.value));
    const says = `${labels} labels would have bought ${metric} ${shown(value)} (${shown(low)}–${shown(high)}) by ${arm}`;
    if (arm === baseline || base.size === 0) return `${says}.`;
    return `${says}, ${gain(studentInterval(at(arm).map((one) => one.value - (base.get(one.seed) ?? NaN))))} over random.`;
  });
}

function reached(arm: string, metric: string, target: number, labels: number | null): string {
  return labels === null
    ? `${arm} does not reach ${metric} ${target} in what was simulated.`
    : `${arm} reaches ${metric} ${target} with ${Math.ceil(labels)} labels.`;
}

function gain({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${signed(value)} (${signed(low)} to ${signed(high)})`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${shown(Math.abs(value))}`;
}

function shown(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : '∞';
}
