import { DomainError } from '../../../core/errors.ts';
import { classificationMetrics } from '../../../core/metrics/classification-metrics.ts';
import { confusionMatrix } from '../../../core/metrics/confusion-matrix.ts';

/** scikit-learn 1.9.1: confusion_matrix, accuracy_score, balanced_accuracy_score, f1_score(average='macro'). */
const cases = [
  {
    what: 'three classes, some mistakes',
    truth: [0, 0, 0, 0, 1, 1, 1, 2, 2, 2],
    predicted: [0, 0, 1, 2, 1, 1, 0, 2, 2, 1],
    matrix: [
      [2, 1, 1],
      [1, 2, 0],
      [0, 1, 2],
    ],
    metrics: { accuracy: 0.6, macroRecall: 0.611111111111111, macroF1: 0.6031746031746031 },
  },
  {
    what: 'a model that says one class only',
    truth: [0, 0, 0, 1, 1, 2],
    predicted: [0, 0, 0, 0, 0, 0],
    matrix: [
      [3, 0, 0],
      [2, 0, 0],
      [1, 0, 0],
    ],
    metrics: { accuracy: 0.5, macroRecall: 0.3333333333333333, macroF1: 0.2222222222222222 },
  },
  {
    what: 'classes that do not occur',
    truth: [0, 0, 1, 1],
    predicted: [0, 3, 1, 2],
    matrix: [
      [1, 0, 0, 1],
      [0, 1, 1, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
    metrics: { accuracy: 0.5, macroRecall: 0.5, macroF1: 0.3333333333333333 },
  },
  {
    what: 'one class, all right',
    truth: [2, 2, 2],
    predicted: [2, 2, 2],
    matrix: [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 3],
    ],
    metrics: { accuracy: 1, macroRecall: 1, macroF1: 1 },
  },
];

test.each(cases)('gives the numbers of scikit-learn for $what', ({ truth, predicted, matrix, metrics }) => {
  const counts = confusionMatrix(truth, predicted, matrix.length);
  expect(counts).toEqual(matrix);
  const found = classificationMetrics(counts);
  for (const name of ['accuracy', 'macroRecall', 'macroF1'] as const)
    expect(found[name]).toBeCloseTo(metrics[name], 12);
});

test('nothing measured is NaN, not zero', () => {
  const { accuracy, macroRecall, macroF1 } = classificationMetrics(confusionMatrix([], [], 3));
  expect([accuracy, macroRecall, macroF1]).toEqual([NaN, NaN, NaN]);
});

test.each([
  [[0, 3], [0, 0], 'Item 1 has the classes 3 and 0 of 3.'],
  [[0], [-1], 'Item 0 has the classes 0 and -1 of 3.'],
  [[0, 1], [0], '2 true classes against 1 predicted ones.'],
])('refuses %j against %j', (truth, predicted, message) => {
  expect(() => confusionMatrix(truth, predicted, 3)).toThrow(DomainError);
  expect(() => confusionMatrix(truth, predicted, 3)).toThrow(message);
});
