import { SeenIds } from '../../../core/formats/seen-ids.ts';

test('an id is new once, whatever its form', () => {
  const ids = [0, 7, 8, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, 0.5, '7', 'a'];
  const seen = new SeenIds();
  expect(ids.map((id) => seen.add(id))).toEqual(ids.map(() => true));
  expect(seen.size).toBe(ids.length);
  expect(ids.map((id) => seen.add(id))).toEqual(ids.map(() => false));
  expect(seen.size).toBe(ids.length);
});

test('it agrees with a set over numbers that repeat', () => {
  const seen = new SeenIds();
  const set = new Set<number>();
  for (let index = 0; index < 20_000; index++) {
    const id = (index * 7919 + ((index * index) % 104_729)) % 150_000;
    expect(seen.add(id)).toBe(!set.has(id));
    set.add(id);
  }
  expect(seen.size).toBe(set.size);
});
