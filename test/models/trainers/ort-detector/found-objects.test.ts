import { foundObjects } from '../../../../models/trainers/ort-detector/found-objects.ts';

/** Three cells of two classes, column by column: centre, size, class scores. */
const cells = [
  [10, 10, 8, 8, 0.9, 0.2],
  [11, 10, 8, 8, 0.6, 0.1],
  [30, 12, 6, 4, 0.001, 0.3],
];
const two = { classes: 2, prototypes: 0 };
const answer = Float32Array.from({ length: 18 }, (_, index) => cells[index % 3]![Math.floor(index / 3)]!);

test('boxes are read from centre and size, surest first; a double is left out', () => {
  // The first two boxes share 7×8 of 8×8: IoU 56 / 72 = 0.78.
  const found = foundObjects(answer, two, { score: 0.001, iou: 0.7 });
  expect(found.map(({ label, boxPx }) => ({ label, boxPx }))).toEqual([
    { label: 0, boxPx: [6, 6, 8, 8] },
    { label: 1, boxPx: [27, 10, 6, 4] },
  ]);
  expect(found[0]!.score).toBeCloseTo(0.9, 6);
  expect(foundObjects(answer, two, { score: 0.001, iou: 0.8 })).toHaveLength(3);
});

test('an object with the threshold as its score is not told', () => {
  expect(foundObjects(answer, two, { score: Math.fround(0.6), iou: 0.8 })).toHaveLength(1);
});
