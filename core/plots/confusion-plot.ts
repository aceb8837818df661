import type { ConfusionMatrix } from '../metrics/confusion-matrix.ts';

/** More classes than these get no numbers into their cells. */
const mostNumbered = 30;

/** A confusion matrix as a Vega-Lite specification: colour by the share of the true class, the counts in the cells. */
export function confusionPlot(
  matrix: ConfusionMatrix,
  trueNames: readonly string[],
  predictedNames: readonly string[],
): object {
  const values = matrix.flatMap((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      truth: trueNames[truth],
      predicted: predictedNames[predicted],
      count,
      share: total === 0 ? 0 : count / total,
    }));
  });
  const cellPx = matrix.length > mostNumbered ? 12 : 36;
  const axis = { labelLimit: 120 };
  return {
    background: 'white',
    width: cellPx * matrix.length,
    height: cellPx * matrix.length,
    title: 'Hold-out: what is there against what the model says',
    data: { values },
    encoding: {
      x: { field: 'predicted', type: 'nominal', sort: null, title: 'the model says', axis },
      y: { field: 'truth', type: 'nominal', sort: null, title: 'is there', axis },
    },
    layer: [
      {
        mark: 'rect',
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: ['#ffffff', '#08519c'], interpolate: 'rgb' },
            title: 'share of the row',
          },
        },
      },
      ...(matrix.length > mostNumbered ? [] : [numbers]),
    ],
  };
}

const numbers = {
  transform: [{ filter: 'datum.count > 0' }],
  mark: { type: 'text', fontSize: 11 },
  encoding: {
    text: { field: 'count', type: 'quantitative' },
    color: { condition: { test: 'datum.share > 0.5', value: 'white' }, value: 'black' },
  },
};
