import type { Split } from './fields.ts';
import { hashUnit } from './hash.ts';

export interface SplitRatios {
  readonly train: number;
  readonly valid: number;
  readonly test: number;
}

/**
 * The split of an image: a keyed hash of its path, so that new images find their place and nobody ever moves.
 *
 * @param path - The datapoint's path, or the name of its group.
 * @param ratios - Any three numbers ≥ 0 with a positive sum.
 * @param seed - Another seed is another assignment.
 * @see The recipe's step 2, whose unseeded split moves images at every run.
 */
export function splitOf(path: string, ratios: SplitRatios, seed: number): Split {
  return splitAt(hashUnit(`split/${seed}`, path), ratios);
}

/** The split at a place in 0..1 of the ratios laid side by side: train, valid, test. */
export function splitAt(unit: number, ratios: SplitRatios): Split {
  const place = unit * (ratios.train + ratios.valid + ratios.test);
  if (place < ratios.train) return 'train';
  return place < ratios.train + ratios.valid ? 'valid' : 'test';
}
