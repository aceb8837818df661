import { studentInterval, studentQuantile } from '../../../core/metrics/student-interval.ts';

// scipy 1.17.1, stats.t.
test.each([
  [1, 12.706205],
  [2, 4.302653],
  [3, 3.182446],
  [4, 2.776445],
  [9, 2.262157],
  [30, 2.042272],
])('with %d degrees of freedom the quantile is %d to 0.2 %%', (freedom, expected) => {
  expect(Math.abs(studentQuantile(freedom) / expected - 1)).toBeLessThan(0.002);
});

test('four accuracies have the interval that scipy 1.17.1 gives', () => {
  const { value, low, high } = studentInterval([0.9, 0.92, 0.95, 0.91]);
  expect(value).toBeCloseTo(0.92, 10);
  expect(low).toBeCloseTo(0.885626, 3);
  expect(high).toBeCloseTo(0.954374, 3);
});

test('one measurement says nothing of its spread', () => {
  expect(studentInterval([0.5])).toEqual({ value: 0.5, low: -Infinity, high: Infinity });
});
