import { hash53 } from '../../../core/hash.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

/** An independent stream of chance for each purpose. */
export function stream(seed: number, purpose: string): () => number {
  return seededRandom(hash53(`${seed}/${purpose}`));
}
