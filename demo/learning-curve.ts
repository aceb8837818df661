import type { CycleSummary } from '../core/loop-state.ts';
import { learningPlot } from '../core/plots/learning-plot.ts';
import { vegaSvg } from '../workers/vega-svg.ts';

export interface Arm {
  readonly name: string;
  readonly history: readonly CycleSummary[];
}

/** The learning curves as a picture: labels against the metric of the hold-out, with the 95 % interval as a band. */
export async function learningCurveSvg(arms: readonly Arm[]): Promise<string> {
  const curves = arms.map(({ name, history }) => ({
    name,
    points: history.map(({ trainLabels, metric: { value, low, high } }) => ({
      labels: trainLabels,
      value,
      low,
      high,
    })),
  }));
  const metric = arms[0]?.history[0]?.metric.name ?? '';
  return vegaSvg(learningPlot(curves, metric, `${metric} on the random hold-out (band: 95 % interval)`));
}
