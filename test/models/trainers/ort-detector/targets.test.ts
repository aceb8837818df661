import { targetsOf } from '../../../../models/trainers/ort-detector/targets.ts';

/** Cells of 4 pixels; centres at 2, 6, 10, … */
const grid = { rows: 4, columns: 5, stridePx: 4 };
const cellsWith = (values: Float32Array): number[] => [...values.keys()].filter((cell) => values[cell] !== 0);

test('the cells inside a box and within 1.5 cells of its centre stand for it, and tell its sides', () => {
  // From (2, 4) to (18, 12): the centre is (10, 8), between rows 1 and 2, in the middle of column 2.
  const { classes, distances, hasObject } = targetsOf([[{ label: 1, boxPx: [2, 4, 16, 8] }]], grid, 2);
  // Columns 1 to 3 are at most one cell away, rows 1 and 2 half a cell; rows 0 and 3 are outside the box.
  const expected = [6, 7, 8, 11, 12, 13];
  expect(cellsWith(hasObject)).toEqual(expected);
  expect(cellsWith(classes)).toEqual(expected.map((cell) => 20 + cell));
  // Cell 6 is row 1, column 1, with its centre at (6, 6): 4, 2, 12 and 6 pixels to the four sides.
  expect([0, 1, 2, 3].map((side) => distances[side * 20 + 6])).toEqual([1, 0.5, 3, 1.5]);
  expect([0, 1, 2, 3].map((side) => distances[side * 20])).toEqual([1, 1, 1, 1]);
});

test('a cell that two boxes claim stands for the smaller one', () => {
  const large = { label: 0, boxPx: [0, 0, 20, 16] } as const;
  const small = { label: 1, boxPx: [8, 4, 4, 4] } as const;
  for (const boxes of [
    [large, small],
    [small, large],
  ]) {
    const { classes } = targetsOf([boxes], grid, 2);
    expect(cellsWith(classes.subarray(20))).toEqual([7]);
    expect(classes[7]).toBe(0);
  }
});

test('a box too small to hold the centre of a cell has the cell that holds its own centre', () => {
  const { distances, hasObject } = targetsOf([[{ label: 0, boxPx: [4, 4, 1, 1] }]], grid, 1);
  expect(cellsWith(hasObject)).toEqual([6]);
  // The cell's centre is at (6, 6), a quarter of a cell beyond the right side: distances are kept above 0.
  const told = [0, 1, 2, 3].map((side) => distances[side * 20 + 6]);
  expect(told[0]).toBe(0.5);
  expect(told[2]).toBeCloseTo(0.1, 6);
});

test('an empty image has no cell, and the second image of a batch its own', () => {
  const { classes, hasObject } = targetsOf([[], [{ label: 0, boxPx: [0, 0, 4, 4] }]], grid, 1);
  expect(cellsWith(hasObject)).toEqual([20]);
  expect(cellsWith(classes)).toEqual([20]);
});
