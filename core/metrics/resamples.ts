import { DomainError } from '../errors.ts';
import { seededRandom } from '../seeded-random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Bootstrap resamples of items, one after the other, so that a long computation can pause in between.
 *
 * @param items - How many items there are, 1 or more.
 * @param seed - The same seed gives the same resamples.
 * @returns Indices of items, with repeats; the same array each time, filled anew.
 * @throws {@link DomainError} for no items. Never retried.
 * @see Efron and Tibshirani 1993, "An Introduction to the Bootstrap".
 */
export function* resamples(items: number, seed: number, count = 1000): Generator<Uint32Array> {
  if (items < 1) throw new DomainError('An interval needs at least one item.');
  const random = seededRandom(seed);
  const indices = new Uint32Array(items);
  for (let resample = 0; resample < count; resample++) {
    for (let index = 0; index < items; index++) indices[index] = Math.floor(random() * items);
    yield indices;
  }
}

/** The 95 % percentile interval of a statistic's values over {@link resamples}; NaN ones are left out. */
export function percentileInterval(values: readonly number[]): Interval {
  return { low: percentile(values, 0.025), high: percentile(values, 0.975) };
}

/** Linear interpolation between order statistics (numpy's default); NaN values are left out. @param share - 0..1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}
