import { DomainError } from '../errors.ts';
import { seededRandom } from '../seeded-random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % percentile bootstrap interval of a statistic over items.
 *
 * @param items - How many items the statistic is over, 1 or more.
 * @param statistic - Of a resample, given as item indices (with repeats); its NaN results are left out.
 * @param seed - The same seed gives the same interval.
 * @param resamples - Default 1000.
 * @throws {@link DomainError} for no items. Never retried.
 * @see Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
 */
export function bootstrapInterval(
  items: number,
  statistic: (indices: Uint32Array) => number,
  seed: number,
  resamples = 1000,
): Interval {
  if (items < 1) throw new DomainError('An interval needs at least one item.');
  const random = seededRandom(seed);
  const indices = new Uint32Array(items);
  const values: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let index = 0; index < items; index++) indices[index] = Math.floor(random() * items);
    const value = statistic(indices);
    if (!Number.isNaN(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Linear interpolation between order statistics (numpy's default). */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}
