import type { Interval } from './resamples.ts';

/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054;
/** Of Student's distribution with one and two degrees of freedom, for which the series is too far off. */
const ofOne = 12.706204736432095;
const ofTwo = 4.302652729911275;

/**
 * The mean of repeated measurements with its 95 % interval by Student's t, as the spread between them tells it.
 *
 * @param values - Finite; of one alone the interval is all numbers.
 */
export function studentInterval(values: readonly number[]): { readonly value: number } & Interval {
  const count = values.length;
  const value = values.reduce((sum, one) => sum + one, 0) / count;
  if (count < 2) return { value, low: -Infinity, high: Infinity };
  const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const reach = studentQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { value, low: value - reach, high: value + reach };
}

/**
 * The 97.5 % quantile of Student's t, to 0.2 %.
 *
 * @param freedom - Degrees of freedom, a whole number from 1 on.
 * @see Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 26.7.5.
 */
export function studentQuantile(freedom: number): number {
  if (freedom < 3) return freedom === 1 ? ofOne : ofTwo;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, power) => sum + term / freedom ** (power + 1), z);
}
