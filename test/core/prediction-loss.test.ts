import { predictionLoss } from '../../core/prediction-loss.ts';

const object = (label: string, left: number) => ({
  label,
  shape: { kind: 'box' as const, boxPx: [left, 0, 10, 10] as const },
});
const objects = (...all: ReturnType<typeof object>[]) => ({ objects: all, sizePx: null });

test('a class is right or wrong', () => {
  expect(predictionLoss({ label: 'cat' }, { label: 'cat' })).toBe(0);
  expect(predictionLoss({ label: 'cat' }, { label: 'dog' })).toBe(1);
});

test('objects are counted by F1 at an overlap of a half', () => {
  const truth = objects(object('cat', 0), object('dog', 50));
  expect(predictionLoss(truth, truth)).toBe(0);
  // One of two found: precision 1, recall 1/2, F1 2/3.
  expect(predictionLoss(objects(object('cat', 1)), truth)).toBeCloseTo(1 / 3, 12);
  // The wrong class, and a box that overlaps by 1/3.
  expect(predictionLoss(objects(object('dog', 0), object('dog', 55)), truth)).toBe(1);
  expect(predictionLoss(objects(object('cat', 0)), objects())).toBe(1);
  expect(predictionLoss(objects(), objects())).toBe(0);
});
