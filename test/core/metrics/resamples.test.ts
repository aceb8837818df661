import { DomainError } from '../../../core/errors.ts';
import { percentile, percentileInterval, resamples } from '../../../core/metrics/resamples.ts';

const right = Array.from({ length: 100 }, (_, index) => (index < 70 ? 1 : 0));

function mean(indices: Uint32Array): number {
  return indices.reduce((sum, index) => sum + right[index]!, 0) / indices.length;
}

function interval(items: number, statistic: (indices: Uint32Array) => number, seed: number, count?: number) {
  return percentileInterval(Array.from(resamples(items, seed, count), statistic));
}

test('covers what scipy covers for 70 of 100', () => {
  // scipy 1.17.1, stats.bootstrap(method='percentile', n_resamples=200000): 0.61 to 0.79.
  const { low, high } = interval(100, mean, 1, 4000);
  expect(Math.abs(low - 0.61)).toBeLessThanOrEqual(0.01 + 1e-9);
  expect(Math.abs(high - 0.79)).toBeLessThanOrEqual(0.01 + 1e-9);
});

test('is the same for the same seed and differs for another', () => {
  expect(interval(100, mean, 7)).toEqual(interval(100, mean, 7));
  const sum = (indices: Uint32Array) => indices.reduce((total, index) => total + index, 0);
  expect(interval(100, sum, 7)).not.toEqual(interval(100, sum, 8));
});

test('is narrower for more items', () => {
  const width = (items: number) => {
    const { low, high } = interval(items, (indices) => share(indices, items), 1);
    return high - low;
  };
  const share = (indices: Uint32Array, items: number) =>
    indices.filter((index) => index < items / 2).length / items;
  // Four times the items halve the width.
  expect(width(100) / width(400)).toBeGreaterThan(1.6);
  expect(width(100) / width(400)).toBeLessThan(2.5);
});

test('of one item, or of a statistic without spread, is a point', () => {
  expect(interval(1, () => 0.5, 1)).toEqual({ low: 0.5, high: 0.5 });
});

test('leaves out resamples without a statistic', () => {
  let calls = 0;
  expect(interval(10, () => (++calls % 2 === 0 ? NaN : 3), 1)).toEqual({ low: 3, high: 3 });
  expect(percentileInterval([NaN])).toEqual({ low: NaN, high: NaN });
});

test('a percentile lies between the values it is between', () => {
  // numpy 2.4.6: percentile([4, 1, 3, 2], [25, 95]) = 1.75, 3.85.
  expect(percentile([4, 1, 3, 2], 0.25)).toBe(1.75);
  expect(percentile([4, 1, 3, 2], 0.95)).toBeCloseTo(3.85, 12);
});

test('refuses no items', () => {
  expect(() => [...resamples(0, 1)]).toThrow(DomainError);
});
