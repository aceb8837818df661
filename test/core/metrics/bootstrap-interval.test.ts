import { DomainError } from '../../../core/errors.ts';
import { bootstrapInterval } from '../../../core/metrics/bootstrap-interval.ts';

const right = Array.from({ length: 100 }, (_, index) => (index < 70 ? 1 : 0));

function mean(indices: Uint32Array): number {
  return indices.reduce((sum, index) => sum + right[index]!, 0) / indices.length;
}

test('covers what scipy covers for 70 of 100', () => {
  // scipy 1.17.1, stats.bootstrap(method='percentile', n_resamples=200000): 0.61 to 0.79.
  const { low, high } = bootstrapInterval(100, mean, 1, 4000);
  expect(Math.abs(low - 0.61)).toBeLessThanOrEqual(0.01 + 1e-9);
  expect(Math.abs(high - 0.79)).toBeLessThanOrEqual(0.01 + 1e-9);
});

test('is the same for the same seed and differs for another', () => {
  expect(bootstrapInterval(100, mean, 7)).toEqual(bootstrapInterval(100, mean, 7));
  const sum = (indices: Uint32Array) => indices.reduce((total, index) => total + index, 0);
  expect(bootstrapInterval(100, sum, 7)).not.toEqual(bootstrapInterval(100, sum, 8));
});

test('is narrower for more items', () => {
  const width = (items: number) => {
    const { low, high } = bootstrapInterval(items, (indices) => share(indices, items), 1);
    return high - low;
  };
  const share = (indices: Uint32Array, items: number) =>
    indices.filter((index) => index < items / 2).length / items;
  // Four times the items halve the width.
  expect(width(100) / width(400)).toBeGreaterThan(1.6);
  expect(width(100) / width(400)).toBeLessThan(2.5);
});

test('of one item, or of a statistic without spread, is a point', () => {
  expect(bootstrapInterval(1, () => 0.5, 1)).toEqual({ low: 0.5, high: 0.5 });
});

test('leaves out resamples without a statistic', () => {
  let calls = 0;
  const interval = bootstrapInterval(10, () => (++calls % 2 === 0 ? NaN : 3), 1);
  expect(interval).toEqual({ low: 3, high: 3 });
});

test('refuses no items', () => {
  expect(() => bootstrapInterval(0, () => 0, 1)).toThrow(DomainError);
});
