import { presenceMetrics } from '../../../core/metrics/presence-metrics.ts';

const presence = [
  [1, 0, 0],
  [0, 1, 0],
  [1, 1, 0],
  [0, 0, 0],
  [1, 0, 0],
];
const chances = [
  [0.9, 0.2, 0.1],
  [0.6, 0.5, 0.2],
  [0.6, 0.8, 0.3],
  [0.1, 0.4, 0.1],
  [0.3, 0.5, 0.9],
];

test('average precision and F1 are the means over the classes that an image shows', () => {
  // By scikit-learn 1.9.1: average_precision_score and f1_score of the first two classes; ties stand together.
  expect(presenceMetrics(presence, chances)).toEqual({
    macroAP: expect.closeTo(0.8194444444444444, 12),
    macroF1: expect.closeTo(0.6666666666666666, 12),
  });
});

test('images that show nothing at all have no metric', () => {
  expect(presenceMetrics([[0, 0]], [[0.5, 0.5]])).toEqual({ macroAP: NaN, macroF1: NaN });
});
