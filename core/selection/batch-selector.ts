import { DomainError } from '../errors.ts';
import type { Purpose } from '../fields.ts';
import { hashUnit } from '../hash.ts';
import { LowestKeys } from './lowest-keys.ts';

export interface SelectionRule {
  /** `score` asks the lowest `pred_score` first; `random` ignores it. */
  readonly strategy: 'score' | 'random';
  /** Images of a batch at most. */
  readonly maxImages: number;
  /** Images with a higher `pred_score` are not asked (the random share excepted). 0..1. */
  readonly maxScore: number;
  /** Part of the batch drawn at random from the whole pool: the live random arm. 0..1. */
  readonly randomShare: number;
}

export interface ChosenDatapoint {
  readonly key: string;
  readonly purpose: Purpose & ('score' | 'random');
  /** 0 is asked first. */
  readonly rank: number;
}

/**
 * Chooses a batch from a stream of scored datapoints, in memory bounded by the batch.
 *
 * The random share is drawn first, over the whole pool; the rest goes by lowest `pred_score`, ties by a seeded hash of the key.
 * The same pool, rule and seed give the same batch in whatever order the stream comes. Never more than `maxImages`; a pool that is
 * too small gives what there is, an empty one gives nothing.
 */
export class BatchSelector {
  readonly #rule: SelectionRule;
  readonly #seed: string;
  readonly #byScore: LowestKeys;
  readonly #byChance: LowestKeys;

  constructor(rule: SelectionRule, seed: string) {
    this.#rule = rule;
    this.#seed = seed;
    this.#byScore = new LowestKeys(rule.strategy === 'score' ? rule.maxImages : 0);
    this.#byChance = new LowestKeys(this.#randomCount());
  }

  /** @throws {@link DomainError} on a score outside 0..1 (NaN included), naming the key. Never retried. */
  offer(key: string, score: number): void {
    if (!(score >= 0 && score <= 1))
      throw new DomainError(`The pred_score of "${key}" is ${score}; it must be in 0..1.`);
    const chance = hashUnit(`${this.#seed}/random`, key);
    this.#byChance.offer({ key, rank: chance, tie: 0 });
    if (score <= this.#rule.maxScore)
      this.#byScore.offer({ key, rank: score, tie: hashUnit(`${this.#seed}/tie`, key) });
  }

  choose(): ChosenDatapoint[] {
    const random = this.#byChance.sorted().map(({ key }) => key);
    const isRandom = new Set(random);
    const scored = this.#byScore
      .sorted()
      .map(({ key }) => key)
      .filter((key) => !isRandom.has(key))
      .slice(0, this.#rule.maxImages - random.length);
    return [
      ...scored.map((key) => ({ key, purpose: 'score' as const })),
      ...random.map((key) => ({ key, purpose: 'random' as const })),
    ].map((chosen, rank) => ({ ...chosen, rank }));
  }

  #randomCount(): number {
    const { strategy, maxImages, randomShare } = this.#rule;
    return strategy === 'random' ? maxImages : Math.round(maxImages * randomShare);
  }
}
