import type { Interval } from './resamples.ts';

/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054;

/**
 * 95 % Wilson score interval of a proportion.
 *
 * @param hits - 0..`trials`.
 * @returns Within 0..1; all of 0..1 for no trial.
 * @see Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
 */
export function wilsonInterval(hits: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const share = hits / trials;
  const middle = share + z ** 2 / (2 * trials);
  const reach = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  const whole = 1 + z ** 2 / trials;
  return {
    low: hits === 0 ? 0 : (middle - reach) / whole,
    high: hits === trials ? 1 : (middle + reach) / whole,
  };
}
