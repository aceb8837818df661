import { LowestKeys, type RankedKey } from '../../../core/selection/lowest-keys.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

function sortedAll(entries: readonly RankedKey[]): string[] {
  return [...entries]
    .sort((a, b) => a.rank - b.rank || a.tie - b.tie || (a.key < b.key ? -1 : 1))
    .map(({ key }) => key);
}

test('keeps what sorting everything would keep, for many streams and limits', () => {
  const random = seededRandom(4);
  for (let round = 0; round < 50; round++) {
    const entries = Array.from({ length: 200 }, (_, index) => ({
      key: `k${index}`,
      rank: Math.floor(random() * 10),
      tie: Math.floor(random() * 3),
    }));
    const limit = Math.floor(random() * 220);
    const lowest = new LowestKeys(limit);
    for (const entry of entries) lowest.offer(entry);
    expect(lowest.sorted().map(({ key }) => key)).toEqual(sortedAll(entries).slice(0, limit));
  }
});

test('keeps nothing with the limit 0', () => {
  const lowest = new LowestKeys(0);
  lowest.offer({ key: 'a', rank: 0, tie: 0 });
  expect(lowest.sorted()).toEqual([]);
});
