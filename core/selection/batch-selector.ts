import { DomainError } from '../errors.ts';
import type { Purpose } from '../fields.ts';
import { hashUnit } from '../hash.ts';
import type { BatchRule } from './batch-rule.ts';
import { LowestKeys, type RankedKey } from './lowest-keys.ts';

/** What a choice from a stream goes by. */
export type StreamRule = Pick<BatchRule, 'maxImages' | 'maxScore' | 'randomShare' | 'emptyShare'> & {
  /** `top-k` asks the lowest `pred_score` first; `random` ignores it. */
  readonly strategy: 'top-k' | 'random';
};

/** Of what the batch had no room for, so many are kept. */
const keptPassedOver = 10;

export interface ChosenDatapoint {
  readonly key: string;
  readonly purpose: Purpose & ('score' | 'empty' | 'random');
  /** Its `pred_score`; null where it has none. */
  readonly score: number | null;
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
  readonly #rule: StreamRule;
  readonly #seed: string;
  readonly #byScore: LowestKeys;
  readonly #byChance: LowestKeys;
  readonly #empty: LowestKeys;

  constructor(rule: StreamRule, seed: string) {
    this.#rule = rule;
    this.#seed = seed;
    this.#byScore = new LowestKeys(rule.strategy === 'top-k' ? rule.maxImages + keptPassedOver : 0);
    this.#byChance = new LowestKeys(this.#randomCount());
    this.#empty = new LowestKeys(rule.strategy === 'top-k' ? rule.maxImages : 0);
  }

  /** @throws {@link DomainError} on a score outside 0..1 (NaN included), naming the key. Never retried. */
  offer(key: string, score: number): void {
    if (!(score >= 0 && score <= 1))
      throw new DomainError(`The pred_score of "${key}" is ${score}; it must be in 0..1.`);
    this.#offerToChance(key, score);
    if (score <= this.#rule.maxScore)
      this.#byScore.offer({ key, rank: score, score, tie: hashUnit(`${this.#seed}/tie`, key) });
  }

  /** A datapoint in which a model that looks for objects finds none: no score ranks it. */
  offerEmpty(key: string): void {
    this.#offerToChance(key);
    this.#empty.offer({ key, rank: hashUnit(`${this.#seed}/empty`, key), tie: 0 });
  }

  /** By rank: the scored ones first, then those without objects, then the random share. */
  choose(): ChosenDatapoint[] {
    return this.#sorted().chosen.map((one, rank) => ({ ...one, rank }));
  }

  /** The first few that the batch had no room for, the next to be asked first. */
  passedOver(): { readonly key: string; readonly score: number | null }[] {
    return this.#sorted().passedOver;
  }

  #sorted() {
    const random = this.#byChance.sorted();
    const isRandom = new Set(random.map(({ key }) => key));
    const left = this.#rule.maxImages - random.length;
    const notRandom = (kept: LowestKeys) => kept.sorted().filter(({ key }) => !isRandom.has(key));
    const emptyCount = Math.min(Math.round(this.#rule.maxImages * (this.#rule.emptyShare ?? 0)), left);
    const empty = notRandom(this.#empty).slice(0, emptyCount);
    const scored = notRandom(this.#byScore);
    const as = (purpose: ChosenDatapoint['purpose'], of: readonly RankedKey[]) =>
      of.map(({ key, score = null }) => ({ key, purpose, score }));
    const room = left - empty.length;
    return {
      chosen: [...as('score', scored.slice(0, room)), ...as('empty', empty), ...as('random', random)],
      passedOver: scored.slice(room, room + keptPassedOver).map(({ key, rank }) => ({ key, score: rank })),
    };
  }

  #offerToChance(key: string, score?: number): void {
    const rank = hashUnit(`${this.#seed}/random`, key);
    this.#byChance.offer({ key, rank, tie: 0, score });
  }

  #randomCount(): number {
    const { strategy, maxImages, randomShare } = this.#rule;
    return strategy === 'random' ? maxImages : Math.round(maxImages * randomShare);
  }
}
