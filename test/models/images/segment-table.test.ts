import { SegmentTable } from '../../../models/images/segment-table.ts';

const gone = new Set<number>();
let table: SegmentTable;
beforeEach(() => {
  gone.clear();
  table = new SegmentTable((segment) => !gone.has(segment));
});

test('finds each of many, also those that point at the same slot', () => {
  // 2^32 by the golden ratio spreads the hundreds of keys that begin alike.
  const first = (key: number) => Math.imul(Math.floor(key / 100), 2_654_435_769) >>> 0;
  for (let key = 0; key < 20_000; key++) add({ first: first(key), second: key }, key % 7);
  for (let key = 0; key < 20_000; key++)
    expect(table.find(first(key), key)).toEqual({ segment: key % 7, at: key * 64 });
  expect(table.find(first(100), 99)).toBeNull();
  expect(table.find(7, 7)).toBeNull();
  // The last slot's neighbour is the first one.
  for (let key = 0; key < 5; key++) add({ first: 2 ** 32 - 1, second: key }, 8);
  for (let key = 0; key < 5; key++) expect(table.find(2 ** 32 - 1, key)?.segment).toBe(8);
});

test('of a key’s entries the later counts; within a segment the one that was added later', () => {
  add({ first: 1, second: 1, at: 10, writtenMs: 500 }, 0);
  add({ first: 1, second: 1, at: 20, writtenMs: 400 }, 1);
  expect(table.find(1, 1)).toEqual({ segment: 0, at: 10 });
  add({ first: 1, second: 1, at: 30, writtenMs: 600 }, 1);
  expect(table.find(1, 1)).toEqual({ segment: 1, at: 30 });
  // The clock was set back.
  add({ first: 1, second: 1, at: 40, writtenMs: 300 }, 1);
  expect(table.find(1, 1)).toEqual({ segment: 1, at: 40 });
});

test('what lay in a segment that is gone is absent, also for older entries, and leaves no trace once the table grows', () => {
  for (let key = 0; key < 1000; key++) add({ first: key, second: key, writtenMs: 2 }, key % 2);
  gone.add(1);
  expect(table.find(1, 1)).toBeNull();
  add({ first: 1, second: 1, at: 5, writtenMs: 1 }, 2);
  expect(table.find(1, 1)).toEqual({ segment: 2, at: 5 });
  for (let key = 1000; key < 5000; key++) add({ first: key, second: key }, 2);
  gone.clear();
  expect(table.find(3, 3)).toBeNull();
  expect(table.find(2, 2)).toEqual({ segment: 0, at: 128 });
});

test('an entry without a time is none', () => {
  for (const writtenMs of [0, -1, NaN]) add({ first: 1, second: 1, writtenMs }, 0);
  expect(table.find(1, 1)).toBeNull();
});

function add(
  entry: { first: number; second: number; at?: number; writtenMs?: number },
  segment: number,
): void {
  table.add({ at: entry.second * 64, writtenMs: 1, ...entry }, segment);
}
