import { DomainError } from '../../../core/errors.ts';
import { BatchSelector, type StreamRule } from '../../../core/selection/batch-selector.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

type Pool = readonly (readonly [key: string, score: number])[];

const byScore: StreamRule = { strategy: 'top-k', maxImages: 3, maxScore: 1, randomShare: 0 };

function choose(pool: Pool, rule: Partial<StreamRule> = {}, seed = '1/1') {
  const selector = new BatchSelector({ ...byScore, ...rule }, seed);
  for (const [key, score] of pool) selector.offer(key, score);
  return selector.choose();
}

function keys(chosen: readonly { key: string }[]): string[] {
  return chosen.map(({ key }) => key);
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

const thousand: Pool = Array.from({ length: 1000 }, (_, index) => [`${index}.png`, (index % 97) / 97]);

test('asks the lowest pred_score first, and ranks from 0', () => {
  const pool: Pool = [
    ['a', 0.9],
    ['b', 0.1],
    ['c', 0.5],
    ['d', 0.3],
    ['e', 0.7],
  ];
  expect(choose(pool)).toEqual([
    { key: 'b', purpose: 'score', score: 0.1, rank: 0 },
    { key: 'd', purpose: 'score', score: 0.3, rank: 1 },
    { key: 'c', purpose: 'score', score: 0.5, rank: 2 },
  ]);
});

test('gives the same batch in whatever order the pool comes', () => {
  const rule = { maxImages: 60, randomShare: 0.2 };
  const once = choose(thousand, rule);
  for (const seed of [1, 2, 3]) expect(choose(shuffled(thousand, seed), rule)).toEqual(once);
});

test('breaks ties by the seed, not by name or order', () => {
  const tied: Pool = Array.from({ length: 200 }, (_, index) => [`${index}`.padStart(3, '0'), 0.5]);
  const one = keys(choose(tied, { maxImages: 20 }, '1/1'));
  const other = keys(choose(tied, { maxImages: 20 }, '1/2'));
  expect(keys(choose(shuffled(tied, 9), { maxImages: 20 }, '1/1'))).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one).not.toEqual([...one].sort());
  // 20 of 200 by chance: both seeds agreeing on more than half has a probability below 1e-7.
  expect(one.filter((key) => other.includes(key)).length).toBeLessThan(10);
});

test.each([0, 0.05, 0.3, 1])(
  'never asks more than maxImages, nor twice, with a random share of %d',
  (share) => {
    for (const maxImages of [1, 7, 50, 999, 1000, 5000]) {
      const chosen = choose(thousand, { maxImages, randomShare: share });
      expect(chosen).toHaveLength(Math.min(maxImages, 1000));
      expect(new Set(keys(chosen)).size).toBe(chosen.length);
      expect(chosen.map(({ rank }) => rank)).toEqual(chosen.map((_, index) => index));
    }
  },
);

test('a pool that is too small gives what there is, an empty one nothing', () => {
  expect(keys(choose([['a', 0.2]], { maxImages: 10, randomShare: 0.5 }))).toEqual(['a']);
  expect(choose([], { maxImages: 10, randomShare: 0.5 })).toEqual([]);
  expect(choose([], { strategy: 'random' })).toEqual([]);
});

test('images above maxScore are not asked, the limit itself is', () => {
  const pool: Pool = [
    ['a', 0.2],
    ['b', 0.5],
    ['c', 0.500001],
    ['d', 1],
  ];
  expect(keys(choose(pool, { maxImages: 4, maxScore: 0.5 }))).toEqual(['a', 'b']);
});

test('the random share is drawn from the whole pool, above maxScore too', () => {
  const chosen = choose(thousand, { maxImages: 200, maxScore: 0, randomShare: 0.5 });
  const random = chosen.filter(({ purpose }) => purpose === 'random');
  expect(random).toHaveLength(100);
  const scores = new Map(thousand);
  const mean = random.reduce((sum, { key }) => sum + scores.get(key)!, 0) / random.length;
  // The pool's mean is 0.49; the error of a mean of 100 uniform draws is 0.029.
  expect(Math.abs(mean - 0.49)).toBeLessThan(0.12);
  // Eleven images score 0; those drawn at random stand in the random arm.
  expect(chosen.filter(({ purpose }) => purpose === 'score').length).toBeLessThanOrEqual(11);
});

test('the random arm is the same whatever the model thinks', () => {
  const other: Pool = thousand.map(([key, score]) => [key, 1 - score]);
  const random = (pool: Pool) =>
    keys(
      choose(pool, { maxImages: 100, randomShare: 0.2 }).filter(({ purpose }) => purpose === 'random'),
    ).sort();
  expect(random(thousand)).toEqual(random(other));
});

test('the strategy random ignores scores', () => {
  const rule = { strategy: 'random', maxImages: 30 } as const;
  const chosen = choose(thousand, rule);
  expect(chosen.every(({ purpose }) => purpose === 'random')).toBe(true);
  expect(
    keys(
      choose(
        thousand.map(([key]) => [key, 1]),
        rule,
      ),
    ),
  ).toEqual(keys(chosen));
});

test.each([NaN, -0.01, 1.01, Infinity])('refuses the pred_score %d, naming the image', (score) => {
  expect(() => choose([['cats/1.png', score]])).toThrow(DomainError);
  expect(() => choose([['cats/1.png', score]])).toThrow('"cats/1.png"');
});

describe('images without objects', () => {
  const rule = { strategy: 'top-k', maxImages: 10, maxScore: 1, randomShare: 0.1, emptyShare: 0.2 } as const;
  const chosen = (scored: number, empty: number) => {
    const selector = new BatchSelector(rule, 'seed');
    for (let index = 0; index < scored; index++) selector.offer(`scored ${index}`, index / 100);
    for (let index = 0; index < empty; index++) selector.offerEmpty(`empty ${index}`);
    return selector.choose();
  };
  const counts = (batch: readonly { purpose: string }[]) =>
    ['score', 'empty', 'random'].map((purpose) => batch.filter((one) => one.purpose === purpose).length);

  test('get their share of the batch, none by a score', () => {
    const batch = chosen(50, 50);
    expect(counts(batch)).toEqual([7, 2, 1]);
    for (const { key, purpose } of batch)
      if (purpose !== 'random') expect(key.startsWith(purpose === 'empty' ? 'empty' : 'scored')).toBe(true);
    expect(chosen(50, 50)).toEqual(batch);
  });

  test('leave what they are too few for to the scored, and take no more when those are few', () => {
    expect(counts(chosen(50, 0))).toEqual([9, 0, 1]);
    expect(chosen(3, 50).filter(({ purpose }) => purpose === 'empty')).toHaveLength(2);
    expect(chosen(0, 0)).toEqual([]);
  });
});
