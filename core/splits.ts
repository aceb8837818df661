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
 * @param path - The datapoint's path.
 * @param ratios - Any three numbers ≥ 0 with a positive sum.
 * @param seed - Another seed is another assignment.
 * @see The recipe's step 2, whose unseeded split moves images at every run.
 */
export function splitOf(path: string, ratios: SplitRatios, seed: number): Split {
  const place = hashUnit(`split/${seed}`, path) * (ratios.train + ratios.valid + ratios.test);
  if (place < ratios.train) return 'train';
  return place < ratios.train + ratios.valid ? 'valid' : 'test';
}
