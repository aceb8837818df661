import { proportionalCounts } from '../../../core/selection/proportional-counts.ts';

const sizes = new Map([
  ['a', 60],
  ['b', 30],
  ['c', 7],
  ['d', 3],
]);
const counts = (wanted: number, start: number) => [...proportionalCounts(sizes, wanted, start).values()];

test('strata give by their size', () => {
  expect(counts(100, 0.3)).toEqual([60, 30, 7, 3]);
  expect(counts(10, 0)).toEqual([6, 3, 1, 0]);
  // Places at 5, 15, …, 95 of the 100 images laid end to end: a holds six of them, b three, c the one at 95.
  expect(counts(10, 0.5)).toEqual([6, 3, 1, 0]);
  // At 9.8, …, 99.8: the last is d's.
  expect(counts(10, 0.98)).toEqual([6, 3, 0, 1]);
});

test('over all starts every image has the same chance, however small its stratum', () => {
  const starts = Array.from({ length: 1000 }, (_, index) => (index + 0.5) / 1000);
  const mean = (stratum: number) =>
    starts.reduce((sum, start) => sum + (counts(10, start)[stratum] ?? 0), 0) / starts.length;
  expect([0, 1, 2, 3].map((stratum) => mean(stratum))).toEqual(
    [6, 3, 0.7, 0.3].map((expected): unknown => expect.closeTo(expected, 9)),
  );
});

test('the sample is as large as wanted, or all there is', () => {
  for (const wanted of [0, 1, 13, 99, 100, 1000])
    expect(counts(wanted, 0.7).reduce((sum, count) => sum + count, 0)).toBe(Math.min(wanted, 100));
});
