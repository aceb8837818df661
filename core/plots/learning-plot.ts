/** A curve of means with their intervals. */
export interface LearningCurve {
  readonly name: string;
  readonly points: readonly {
    readonly labels: number;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** Learning curves as a Vega-Lite specification: training labels against a metric in 0..1, the interval as a band. */
export function learningPlot(curves: readonly LearningCurve[], metric: string, title: string) {
  const values = curves.flatMap(({ name, points }) =>
    points.map(({ labels, value, low, high }) => ({ arm: name, labels, value, low, high })),
  );
  const x = {
    field: 'labels',
    type: 'quantitative',
    title: 'training labels',
    scale: { zero: false },
  } as const;
  const color = { field: 'arm', type: 'nominal', title: null, sort: null } as const;
  const scale = { domain: [Math.max(0, Math.min(...values.map(({ low }) => low)) - 0.05), 1] };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 560,
    height: 320,
    background: 'white',
    title,
    data: { values },
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18, clip: true },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: metric, scale },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', point: true },
        encoding: { y: { field: 'value', type: 'quantitative', scale } },
      },
    ],
  } as const;
}
