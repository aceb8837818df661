import { suppressDoubles } from '../../../core/geometry/suppress-doubles.ts';

/** Sixty boxes of three classes that overlap a good deal, by formula. */
const count = 60;
const candidates = {
  corners: Float32Array.from({ length: 4 * count }, (_, index) => {
    const i = Math.floor(index / 4);
    const [left, top] = [(i * 37) % 50, (i * 53) % 40];
    return [left, top, left + 20 + ((i * 7) % 15), top + 18 + ((i * 11) % 17)][index % 4]!;
  }),
  scores: Float32Array.from({ length: count }, (_, i) => ((i * 29) % 61) / 61),
  classes: Int32Array.from({ length: count }, (_, i) => i % 3),
  cells: Int32Array.from({ length: count }, (_, i) => i),
};

/** `torchvision.ops.nms` 0.14.1 on the boxes moved apart by 7680 pixels a class. */
test.each([
  [0.3, [21, 42, 2, 23, 44, 4, 25, 46, 27, 48, 8, 50, 31, 52, 58, 41, 22, 3, 0]],
  [
    0.5,
    [
      21, 42, 2, 23, 44, 4, 25, 46, 6, 27, 48, 8, 50, 10, 31, 52, 12, 33, 14, 56, 16, 58, 18, 39, 20, 1, 22,
      43, 3, 47, 7, 30, 51, 11, 34, 15, 57, 38, 59, 40, 0,
    ],
  ],
])('at an overlap of %d it keeps what torchvision keeps, surest first', (iouThreshold, expected) => {
  expect(suppressDoubles(candidates, { iouThreshold, max: 300 })).toEqual(expected);
  expect(suppressDoubles(candidates, { iouThreshold, max: 5 })).toEqual(expected.slice(0, 5));
});

test('at an overlap of 1 it only puts them in order', () => {
  const order = suppressDoubles(candidates, { iouThreshold: 1, max: 300 });
  expect(order).toHaveLength(count);
  const scores = order.map((place) => candidates.scores[place]!);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
});
