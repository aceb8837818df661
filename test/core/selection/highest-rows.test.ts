import { hashUnit } from '../../../core/hash.ts';
import { highestRows } from '../../../core/selection/highest-rows.ts';

const tieOf = (row: number) => hashUnit('tie', String(row));

test('gives what sorting all of them gives, ties and all, whatever the count', () => {
  const scores = Float64Array.from({ length: 500 }, (_, row) =>
    Math.floor(hashUnit('score', String(row)) * 20),
  );
  const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || tieOf(a) - tieOf(b));
  for (const count of [0, 1, 7, 100, 499, 500, 900])
    expect([...highestRows(scores, count, tieOf)]).toEqual(sorted.slice(0, count));
});

test('passes over rows without a number, and answers fewer of fewer', () => {
  expect([...highestRows(new Float64Array([NaN, 1, NaN, 3, 2]), 4, tieOf)]).toEqual([3, 4, 1]);
  expect([...highestRows(new Float64Array([NaN]), 4, tieOf)]).toEqual([]);
});
