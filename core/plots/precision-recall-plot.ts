import { recallPlaces } from '../metrics/average-precision.ts';

/** More lines than these cannot be told apart: of more classes only the mean is drawn. */
const mostLines = 10;

export interface PrecisionCurve {
  readonly name: string;
  /** At each of `recallPlaces`; NaN for a class without truth, which is left out. */
  readonly precisions: readonly number[];
}

/** Precision against recall as a Vega-Lite specification: a line for each class, a black one for their mean. */
export function precisionRecallPlot(curves: readonly PrecisionCurve[]): object {
  const drawn = curves.filter(({ precisions }) => !Number.isNaN(precisions[0]));
  const average = {
    name: 'mean of the classes',
    precisions: recallPlaces.map(
      (_, place) => drawn.reduce((sum, { precisions }) => sum + (precisions[place] ?? 0), 0) / drawn.length,
    ),
  };
  const lines = drawn.length > mostLines ? [] : drawn;
  const scale = { domain: [0, 1] };
  return {
    background: 'white',
    width: 420,
    height: 320,
    title: 'Hold-out: precision against recall',
    data: { values: (drawn.length === 0 ? [] : [...lines, average]).flatMap(points) },
    mark: { type: 'line' },
    encoding: {
      x: { field: 'recall', type: 'quantitative', scale },
      y: { field: 'precision', type: 'quantitative', scale },
      color: {
        field: 'name',
        type: 'nominal',
        sort: null,
        title: null,
        scale: { range: [...palette.slice(0, lines.length), '#000000'] },
      },
    },
  };
}

function points({ name, precisions }: PrecisionCurve): { name: string; recall: number; precision: number }[] {
  return recallPlaces.map((recall, place) => ({ name, recall, precision: precisions[place] ?? 0 }));
}

/** Vega's `category10`. */
const palette = [
  ...['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd'],
  ...['#8c564b', '#e377c2', '#7f7f7f', '#bcbd22', '#17becf'],
];
