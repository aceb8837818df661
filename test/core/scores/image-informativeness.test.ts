import { DomainError } from '../../../core/errors.ts';
import { imageInformativeness } from '../../../core/scores/image-informativeness.ts';

const image = (scores: readonly number[]) => ({
  id: 'a',
  widthPx: 10,
  heightPx: 10,
  detections: scores.map((score) => ({ label: 'tooth', score, boxPx: [0, 0, 1, 1] as const })),
});

test('of objects: the mean of the three boxes that are nearest to a coin toss', () => {
  // 1 − |2s − 1|: 1, 0.8, 0.4, 0.2
  expect(imageInformativeness(image([0.9, 0.5, 0.6, 0.8]), 'margin')).toBeCloseTo((1 + 0.8 + 0.4) / 3, 12);
  expect(imageInformativeness(image([0.5]), 'entropy')).toBeCloseTo(1, 12);
});

test('a crowd of sure boxes asks no sooner than one of them', () => {
  expect(imageInformativeness(image(Array.from({ length: 50 }, () => 0.95)), 'margin')).toBeCloseTo(
    imageInformativeness(image([0.95]), 'margin'),
    12,
  );
});

test('without any box it is 0', () => {
  expect(imageInformativeness(image([]), 'margin')).toBe(0);
});

test.each([NaN, -0.1, 1.1])('a score of %p is refused', (score) => {
  expect(() => imageInformativeness(image([score]), 'margin')).toThrow(DomainError);
});

test('of classes: the score of the probabilities', () => {
  expect(imageInformativeness({ id: 'a', probabilities: [0.6, 0.3, 0.1] }, 'margin')).toBeCloseTo(0.7, 12);
});
