import type { CycleSummary } from '../core/loop-state.ts';

export interface Arm {
  readonly name: string;
  readonly history: readonly CycleSummary[];
}

/** The learning curves as a picture: labels against the metric of the hold-out, with the 95 % interval as a band. */
export async function learningCurveSvg(arms: readonly Arm[]): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const values = arms.flatMap(({ name, history }) =>
    history.map(({ trainLabels, metric: { value, low, high } }) => ({
      arm: name,
      labels: trainLabels,
      value,
      low,
      high,
    })),
  );
  const name = arms[0]?.history[0]?.metric.name ?? '';
  const x = {
    field: 'labels',
    type: 'quantitative',
    title: 'training labels',
    scale: { zero: false },
  } as const;
  const color = { field: 'arm', type: 'nominal', title: null } as const;
  const scale = { domain: [Math.max(0, Math.min(...values.map(({ low }) => low)) - 0.05), 1] };
  const { spec } = vegaLite.compile({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 560,
    height: 320,
    background: 'white',
    title: `${name} on the random hold-out (band: 95 % interval)`,
    data: { values },
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: name, scale },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', point: true },
        encoding: { y: { field: 'value', type: 'quantitative', scale } },
      },
    ],
  });
  return new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG();
}
