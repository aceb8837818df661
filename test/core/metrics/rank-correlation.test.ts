import { rankCorrelation } from '../../../core/metrics/rank-correlation.ts';

// scipy 1.17.1, stats.spearmanr.
test.each([
  [[1, 2, 2, 4, 5], [5, 6, 7, 8, 7], 0.7631578947368421],
  [[0.1, 0.4, 0.35, 0.8], [1, 3, 2, 0], -0.2],
  [[1, 2, 3], [1, 10, 100], 1],
])('%j and %j', (one, other, expected) => {
  expect(rankCorrelation(one, other)).toBeCloseTo(expected, 12);
});

test('without an order there is none', () => {
  expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNaN();
  expect(rankCorrelation([1], [2])).toBeNaN();
});
