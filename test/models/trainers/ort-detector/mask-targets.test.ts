import { maskTargets } from '../../../../models/trainers/ort-detector/mask-targets.ts';

/** Cells of 4 pixels, over an image that ends in the middle of the last column. */
const grid = { rows: 2, columns: 3, stridePx: 4 };
const input = { width: 10, height: 8 };
/** The first cell, and the upper half of the one beside it. */
const box = { label: 0, boxPx: [0, 0, 8, 4], ringsPx: [[0, 0, 8, 0, 8, 2, 4, 2, 4, 4, 0, 4]] } as const;
const none = -1;

test('a mask is how much of each cell its object covers; all that its box’s pixels are made of counts, one in sum', () => {
  const owners = Int32Array.of(0, none, none, none, none, none);
  const { masks, chosen, inside, covered } = maskTargets([[box]], owners, [1], grid, input);
  expect(masks).toBe(1);
  expect([...chosen]).toEqual([1, 0, 0, 0, 0, 0]);
  // The last pixel column is at 7.5, between the second cell and the third; the last row at 3.5, between both rows.
  expect([...inside].map((weight) => 6 * weight)).toEqual(
    [1, 1, 1, 1, 1, 1].map((one) => expect.closeTo(one, 6) as number),
  );
  expect([...covered].map((weight) => 6 * weight)).toEqual(
    [1, 0.5, 0, 0, 0, 0].map((one) => expect.closeTo(one, 6) as number),
  );
});

test('each cell that stands for an object has its mask, times the weight of the image; fewer than the most count nothing', () => {
  const small = { label: 1, boxPx: [9, 5, 1, 2], ringsPx: [[9, 5, 10, 5, 10, 7, 9, 7]] } as const;
  const owners = Int32Array.of(0, 0, none, none, none, 1, none, none, none, none, none, 0);
  const { masks, chosen, inside, covered } = maskTargets(
    [[box, small], [small]],
    owners,
    [1, 2],
    grid,
    input,
  );
  expect(masks).toBe(3);
  const rows = (values: Float32Array): number[][] =>
    Array.from({ length: 6 }, (_, row) => [...values.subarray(6 * row, 6 * row + 6)]);
  expect(rows(chosen).map((row) => row.indexOf(1))).toEqual([0, 1, 5, 5, none, none]);
  expect(rows(inside).map((row) => row.reduce((sum, weight) => sum + weight, 0))).toEqual(
    [1, 1, 1, 2, 0, 0].map((sum) => expect.closeTo(sum, 6) as number),
  );
  // Pixels from 5 to 7 of column 9: the second and third column and both rows count; two of the last cell's 16 pixels are covered.
  expect(rows(inside)[3]!.map((weight) => weight > 0)).toEqual([false, true, true, false, true, true]);
  expect(rows(covered)[3]).toEqual([0, 0, 0, 0, 0, expect.closeTo((2 / 4) * (2 / 16), 6)]);
});

test('a batch without objects has one mask that counts nothing', () => {
  const { masks, inside } = maskTargets([[]], new Int32Array(6).fill(none), [1], grid, input);
  expect({ masks, sum: Math.max(...inside) }).toEqual({ masks: 1, sum: 0 });
});
