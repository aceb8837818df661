import type { Interval } from './resamples.ts';
import { studentQuantile } from './student-interval.ts';

/**
 * How much higher the mean of one sample is than that of another, with its 95 % interval by Welch's t, with whole degrees of freedom:
 * they may differ in size and spread.
 *
 * @param one - Two values at least, as `other`; finite.
 * @returns Null for fewer values.
 * @see Welch, "The generalization of Student's problem when several different population variances are involved", 1947.
 */
export function meanDifference(
  one: readonly number[],
  other: readonly number[],
): ({ readonly value: number } & Interval) | null {
  if (one.length < 2 || other.length < 2) return null;
  const [a, b] = [momentsOf(one), momentsOf(other)];
  const value = a.mean - b.mean;
  const square = a.ofMean + b.ofMean;
  if (square === 0) return { value, low: value, high: value };
  const freedom = square ** 2 / (a.ofMean ** 2 / (one.length - 1) + b.ofMean ** 2 / (other.length - 1));
  const reach = studentQuantile(Math.max(1, Math.floor(freedom))) * Math.sqrt(square);
  return { value, low: value - reach, high: value + reach };
}

/** `ofMean`: the variance of the mean. */
function momentsOf(values: readonly number[]): { mean: number; ofMean: number } {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, ofMean: squares / (values.length - 1) / values.length };
}
