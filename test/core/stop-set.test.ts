import { answerEntropy, decisionsOf, stopSetKappa } from '../../core/stop-set.ts';

const box = (label: string, score: number) => ({
  label,
  score,
  boxPx: [0, 0, 4, 4] as const,
});
const detected = (...detections: ReturnType<typeof box>[]) => ({
  id: 'x',
  widthPx: 9,
  heightPx: 9,
  detections,
});

test('a classifier decides for a class, a detector for each class whether there is any', () => {
  const model = { classes: ['dog', 'cat'] };
  expect(decisionsOf({ id: 'x', probabilities: [0.3, 0.7] }, model, ['cat', 'dog'])).toEqual(['cat']);
  expect(decisionsOf(detected(box('dog', 0.9), box('cat', 0.01)), model, ['cat', 'dog'])).toEqual([
    'not there',
    'there',
  ]);
});

test('models are held against each other on the images that both answered', () => {
  const one = { a: ['x'], b: ['y'], c: ['x'], d: ['y'], e: ['x'], f: ['y'], gone: ['x'] };
  const other = { a: ['x'], b: ['x'], c: ['y'], d: ['y'], e: ['x'], f: ['y'], added: ['y'] };
  // scikit-learn 1.9.1, cohen_kappa_score of the first six.
  expect(stopSetKappa(one, other)).toBeCloseTo(0.33333333333333337, 12);
  expect(stopSetKappa({ a: ['x'] }, { b: ['x'] })).toBeNull();
});

test('entropy is normalised; an image without objects, or a broken answer, has none', () => {
  expect(answerEntropy({ id: 'x', probabilities: [0.5, 0.5] }, false)).toBe(1);
  expect(answerEntropy({ id: 'x', probabilities: [1, 0, 0] }, false)).toBe(0);
  expect(answerEntropy({ id: 'x', probabilities: [1, 0.5] }, true)).toBeCloseTo(0.5, 12);
  expect(answerEntropy({ id: 'x', probabilities: [NaN, 1] }, false)).toBeNull();
  expect(answerEntropy(detected(), false)).toBeNull();
});
