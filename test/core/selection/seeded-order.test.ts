import { seededOrder } from '../../../core/selection/seeded-order.ts';
import { shuffled } from '../../support/embedded-pool.ts';

const ids = Array.from({ length: 20_000 }, (_, row) => `images/${row}.jpg`);

test('holds each row once, in an order that only ids and seed decide', () => {
  const order = [...seededOrder(ids, '7/1')];
  expect([...order].sort((a, b) => a - b)).toEqual([...ids.keys()]);
  const moved = shuffled(ids.length, 3);
  const again = seededOrder(
    moved.map((row) => ids[row]!),
    '7/1',
  );
  expect([...again].map((at) => moved[at])).toEqual(order);
  expect([...seededOrder(ids, '7/2')]).not.toEqual(order);
});

test('rows that share a place go by their ids', () => {
  // Two of these share one by the seed 28: a place is a 52-bit hash, divided by the number of rows.
  const many = Array.from({ length: 50_000 }, (_, row) => `${row}`);
  const backwards = many.toReversed();
  const order = seededOrder(many, '28').map((row) => Number(many[row]));
  const again = seededOrder(backwards, '28').map((row) => Number(backwards[row]));
  expect(Buffer.from(again.buffer).equals(Buffer.from(order.buffer))).toBe(true);
});

test('every place is as likely for every row', () => {
  // Mean place of the first half; the standard error of a mean of 10,000 of 20,000 is 41.
  const places = new Float64Array(ids.length);
  seededOrder(ids, '5').forEach((row, place) => (places[row] = place));
  const mean = places.subarray(0, 10_000).reduce((sum, place) => sum + place / 10_000, 0);
  expect(Math.abs(mean - 9999.5)).toBeLessThan(4 * 41);
});
