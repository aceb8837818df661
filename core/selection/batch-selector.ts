import { DomainError } from '../errors.ts';
import type { Purpose } from '../fields.ts';
import { hashUnit } from '../hash.ts';
import { LowestKeys } from './lowest-keys.ts';

export interface SelectionRule {
  /** `score` asks the lowest `pred_score` first; `random` ignores it. */
  readonly strategy: 'score' | 'random';
  /** Images of a batch at most. */
  readonly maxImages: number;
  /** Images with a higher `pred_score` are not asked (the random and the empty share excepted). 0..1. */
  readonly maxScore: number;
  /** Part of the batch drawn at random from the whole pool: the live random arm. 0..1. */
  readonly randomShare: number;
  /** Part of the batch for images in which a model that looks for objects finds none, at random among them. 0..1, 0 by default. */
  readonly emptyShare?: number;
}

export interface ChosenDatapoint {
  readonly key: string;
  readonly purpose: Purpose & ('score' | 'empty' | 'random');
  /** 0 is asked first. */
  readonly rank: number;
}

/**
 * Chooses a batch from a stream of scored datapoints, in memory bounded by the batch.
 *
 * The random share is drawn first, over the whole pool, then the share of images without objects; the rest goes by lowest `pred_score`, ties by a
 * seeded hash of the key. What there is of such images too few is the scored ones' again.
 * The same pool, rule and seed give the same batch in whatever order the stream comes. Never more than `maxImages`; a pool that is
 * too small gives what there is, an empty one gives nothing.
 */
export class BatchSelector {
  readonly #rule: SelectionRule;
  readonly #seed: string;
  readonly #byScore: LowestKeys;
  readonly #byChance: LowestKeys;
  readonly #empty: LowestKeys;

  constructor(rule: SelectionRule, seed: string) {
    this.#rule = rule;
    this.#seed = seed;
    this.#byScore = new LowestKeys(rule.strategy === 'score' ? rule.maxImages : 0);
    this.#byChance = new LowestKeys(this.#randomCount());
    this.#empty = new LowestKeys(rule.strategy === 'score' ? rule.maxImages : 0);
  }

  /** @throws {@link DomainError} on a score outside 0..1 (NaN included), naming the key. Never retried. */
  offer(key: string, score: number): void {
    if (!(score >= 0 && score <= 1))
      throw new DomainError(`The pred_score of "${key}" is ${score}; it must be in 0..1.`);
    this.#offerToChance(key);
    if (score <= this.#rule.maxScore)
      this.#byScore.offer({ key, rank: score, tie: hashUnit(`${this.#seed}/tie`, key) });
  }

  /** A datapoint in which a model that looks for objects finds none: no score ranks it. */
  offerEmpty(key: string): void {
    this.#offerToChance(key);
    this.#empty.offer({ key, rank: hashUnit(`${this.#seed}/empty`, key), tie: 0 });
  }

  choose(): ChosenDatapoint[] {
    const random = this.#byChance.sorted().map(({ key }) => key);
    const isRandom = new Set(random);
    const left = this.#rule.maxImages - random.length;
    const notRandom = (kept: LowestKeys) =>
      kept
        .sorted()
        .map(({ key }) => key)
        .filter((key) => !isRandom.has(key));
    const emptyCount = Math.min(Math.round(this.#rule.maxImages * (this.#rule.emptyShare ?? 0)), left);
    const empty = notRandom(this.#empty).slice(0, emptyCount);
    return [
      ...notRandom(this.#byScore)
        .slice(0, left - empty.length)
        .map((key) => ({ key, purpose: 'score' as const })),
      ...empty.map((key) => ({ key, purpose: 'empty' as const })),
      ...random.map((key) => ({ key, purpose: 'random' as const })),
    ].map((chosen, rank) => ({ ...chosen, rank }));
  }

  #offerToChance(key: string): void {
    this.#byChance.offer({ key, rank: hashUnit(`${this.#seed}/random`, key), tie: 0 });
  }

  #randomCount(): number {
    const { strategy, maxImages, randomShare } = this.#rule;
    return strategy === 'random' ? maxImages : Math.round(maxImages * randomShare);
  }
}
