import { meanDifference } from '../../../core/metrics/mean-difference.ts';

test("two samples have Welch's interval, with six whole of 6.73 degrees of freedom, as scipy 1.17.1 gives it", () => {
  const difference = meanDifference([1, 1, 0.5, 1, 0.75, 1, 1, 0.25], [0.5, 0, 1, 0.25, 0.75])!;
  expect(difference.value).toBeCloseTo(0.3125, 12);
  expect(difference.high - difference.value).toBeCloseTo(0.500587, 2);
  expect(difference.value - difference.low).toBeCloseTo(0.500587, 2);
});

test('without spread the difference is all there is; one value alone tells nothing', () => {
  expect(meanDifference([1, 1], [0, 0])).toEqual({ value: 1, low: 1, high: 1 });
  expect(meanDifference([1], [0, 0])).toBeNull();
});
