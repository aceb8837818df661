import type { BatchRule } from './batch-rule.ts';
import { LowestKeys } from './lowest-keys.ts';
import { placeInOrder } from './seeded-order.ts';
import { defaultStrategyOptions } from './strategy.ts';

/** Rows beyond what two-stage looks at: for those that turn out to have no direction, and for what came next. */
const leastSpare = 100;

interface ScoredRow {
  readonly id: string;
  /** Higher is asked first. */
  readonly informativeness: number;
}

/** Whether the batch is chosen of a {@link Shortlist}: guard and quotas may go through a whole pool. */
export function takesShortlist({ strategy, nearDuplicates, quotas }: BatchRule): boolean {
  return strategy === 'two-stage' && nearDuplicates === undefined && quotas === undefined;
}

/**
 * What two-stage can choose of a stream of rows, in memory bounded by the batch: its β·size candidates, the random arm, and as many again of either as
 * the batch has places (100 at least). `select` gives the same of it as of all rows.
 */
export class Shortlist {
  readonly #seed: string;
  readonly #byScore: LowestKeys;
  readonly #byChance: LowestKeys;

  constructor({ maxImages, randomShare, options }: BatchRule, seed: string) {
    this.#seed = seed;
    const random = Math.round(maxImages * randomShare);
    const spare = Math.max(maxImages, leastSpare);
    const beta = options?.beta ?? defaultStrategyOptions.beta;
    this.#byScore = new LowestKeys(Math.ceil(beta * maxImages) + random + spare);
    this.#byChance = new LowestKeys(random + spare);
  }

  offer({ id, informativeness }: ScoredRow): void {
    const place = placeInOrder(id, this.#seed);
    this.#byScore.offer({ key: id, rank: -informativeness, tie: place, score: informativeness });
    this.#byChance.offer({ key: id, rank: place, tie: 0, score: informativeness });
  }

  /** Each row once. */
  rows(): ScoredRow[] {
    const all = [...this.#byScore.sorted(), ...this.#byChance.sorted()];
    return [
      ...new Map(all.map(({ key, score = NaN }) => [key, { id: key, informativeness: score }])).values(),
    ];
  }
}
