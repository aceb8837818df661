import { classMetrics } from '../../../core/metrics/class-metrics.ts';

test('counts each class by itself', () => {
  // scikit-learn 1.9.1, precision_recall_fscore_support; intervals by statsmodels 0.14.5, method='wilson'.
  const [first, second, third] = classMetrics([
    [2, 1, 1],
    [1, 2, 0],
    [0, 1, 2],
  ]);
  expect(first).toMatchObject({ truths: 4, recall: { value: 0.5 } });
  expect(first?.precision?.value).toBeCloseTo(2 / 3, 12);
  expect(first?.precision?.low).toBeCloseTo(0.20765960080204776, 12);
  expect(first?.precision?.high).toBeCloseTo(0.9385080552796037, 12);
  expect(first?.f1).toBeCloseTo(0.5714285714285714, 12);
  expect(second?.precision?.value).toBeCloseTo(0.5, 12);
  expect(second?.f1).toBeCloseTo(0.5714285714285714, 12);
  expect(third?.f1).toBeCloseTo(0.6666666666666666, 12);
});

test('says nothing where there is nothing to count', () => {
  const [first, second, third] = classMetrics([
    [3, 1, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(first?.f1).toBeCloseTo(6 / 7, 12);
  expect(second).toMatchObject({ truths: 0, precision: { value: 0 }, recall: null, f1: 0 });
  expect(third).toEqual({ truths: 0, precision: null, recall: null, f1: null });
});
