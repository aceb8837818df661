import { inTurns } from '../../../core/selection/in-turns.ts';

/** Rows are texts: a cluster, and a place in it; those that begin with a dot have none. */
function dealt(rows: string): string {
  const clusterOf = (row: string) => (row.startsWith('.') ? undefined : row[0]);
  return inTurns(rows.split(' '), clusterOf).join(' ');
}

test.each([
  ['the first of each cluster, then the second', 'a1 a2 a3 b1 b2 c1', 'a1 b1 c1 a2 b2 a3'],
  ['clusters come in the order of their best', 'b1 a1 b2 a2 b3', 'b1 a1 b2 a2 b3'],
  ['one that ends a turn does not begin the next', 'a1 b1 b2 a2', 'a1 b1 a2 b2'],
  ['where nothing else is left, one cluster ends the stream', 'a1 a2 b1 a3 a4', 'a1 b1 a2 a3 a4'],
  ['rows without a cluster keep their places', '.x a1 a2 .y b1 .z', '.x a1 b1 .y a2 .z'],
  ['no cluster at all changes nothing', '.x .y .z', '.x .y .z'],
])('%s', (_, rows, expected) => {
  expect(dealt(rows)).toBe(expected);
});

test('of clusters of equal sizes none follows itself, in whatever order the rows come', () => {
  for (let shift = 0; shift < 12; shift++) {
    const rows = Array.from({ length: 12 }, (_, at) => `${'abc'[(at * 5 + shift) % 3]}${at}`);
    const order = inTurns(rows.slice(shift).concat(rows.slice(0, shift)).sort(), (row) => row[0]);
    expect(order.filter((row, at) => row[0] === order[at - 1]?.[0])).toEqual([]);
    expect([...order].sort()).toEqual([...rows].sort());
  }
});
