import { wilsonInterval } from '../../../core/metrics/wilson-interval.ts';

/** statsmodels 0.14.5: proportion_confint(hits, trials, method='wilson'). */
test.each([
  [7, 10, 0.39677814746114537, 0.8922087325936989],
  [0, 5, 0, 0.43448246478317487],
  [5, 5, 0.5655175352168252, 1],
  [1, 1, 0.2065493143772374, 1],
  [180, 385, 0.41825988346923987, 0.5174465608080197],
])('%i of %i', (hits, trials, low, high) => {
  const interval = wilsonInterval(hits, trials);
  expect(interval.low).toBeCloseTo(low, 12);
  expect(interval.high).toBeCloseTo(high, 12);
});

test('without a trial anything is possible', () => {
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
});
