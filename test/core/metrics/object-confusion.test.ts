import { confusedObjects } from '../../../core/metrics/object-confusion.ts';

const background = 9;

function confused(truths: number[], found: number[], overlaps: number[][]) {
  return confusedObjects(truths, found, (truth, detection) => overlaps[truth]![detection]!, background);
}

test('pairs what overlaps most, whatever the classes', () => {
  // Object 0 and detection 1 share 0.9; object 1 is left with detection 0.
  expect(
    confused(
      [0, 1],
      [0, 2],
      [
        [0.8, 0.9],
        [0.6, 0.7],
      ],
    ),
  ).toEqual([
    [0, 2],
    [1, 0],
  ]);
});

test('an object that nothing overlaps by half is background, and so is such a detection', () => {
  expect(confused([0], [1], [[0.49]])).toEqual([
    [0, background],
    [background, 1],
  ]);
  expect(confused([0], [1], [[0.5]])).toEqual([[0, 1]]);
});

test('a second detection of one object is a mistake', () => {
  expect(confused([3], [3, 3], [[0.6, 0.9]])).toEqual([
    [3, 3],
    [background, 3],
  ]);
});

test('of nothing comes nothing', () => {
  expect(confused([], [], [])).toEqual([]);
});
