import { defaultBoxRule } from '../../../core/scores/box-aggregates.ts';
import { imageInformativeness, type ScoreRule } from '../../../core/scores/image-informativeness.ts';
import { loopScoreNames, scores, type LoopScoreName } from '../../../core/scores/score-names.ts';

const rule = (score: LoopScoreName, boxes: Partial<ScoreRule['boxes']> = {}): ScoreRule => ({
  score,
  boxes: { ...defaultBoxRule, ...boxes },
  costs: [
    [0, 3],
    [3, 0],
  ],
});
const image = (boxScores: readonly number[]) => ({
  id: 'a',
  widthPx: 10,
  heightPx: 10,
  detections: boxScores.map((score) => ({ label: 'tooth', score, boxPx: [0, 0, 1, 1] as const })),
});

test('of objects: the mean of the three boxes that are nearest to a coin toss', () => {
  // 1 − |2s − 1|: 1, 0.8, 0.4, 0.2
  expect(imageInformativeness(image([0.9, 0.5, 0.6, 0.8]), rule('margin'))).toBeCloseTo(
    (1 + 0.8 + 0.4) / 3,
    12,
  );
});

test('of objects: a crowd of sure boxes asks no sooner than one of them, unless their sum counts, which stays below 1', () => {
  const crowd = image(Array.from({ length: 50 }, () => 0.95));
  expect(imageInformativeness(crowd, rule('margin'))).toBeCloseTo(
    imageInformativeness(image([0.95]), rule('margin'))!,
    12,
  );
  // 50 · 0.1 = 5; 5/6
  expect(imageInformativeness(crowd, rule('margin', { aggregate: 'sum' }))).toBeCloseTo(5 / 6, 12);
});

test('without any box that counts there is no number', () => {
  expect(imageInformativeness(image([]), rule('margin'))).toBeNull();
  expect(imageInformativeness(image([0.049, 0.001]), rule('margin'))).toBeNull();
  expect(imageInformativeness(image([0.05]), rule('margin'))).toBeCloseTo(0.1, 12);
});

test('boxes that a model hardly believes in change no mean and no sum', () => {
  const noisy = image([0.6, ...Array.from({ length: 200 }, () => 0.01)]);
  for (const aggregate of ['mean', 'min', 'sum'] as const)
    expect(imageInformativeness(noisy, rule('margin', { aggregate }))).toBe(
      imageInformativeness(image([0.6]), rule('margin', { aggregate })),
    );
});

test('of classes: the score of the probabilities', () => {
  const answer = { id: 'a', probabilities: [0.6, 0.3, 0.1] };
  expect(imageInformativeness(answer, rule('margin'))).toBeCloseTo(0.7, 12);
  expect(imageInformativeness(answer, rule('average-confidence'))).toBeCloseTo(0.4, 12);
  expect(imageInformativeness({ id: 'a', probabilities: [0.5, 0.9] }, rule('multi-label-max'))).toBe(1);
});

test('every score is in 0..1, and 1 where it is highest', () => {
  const answer = {
    id: 'a',
    probabilities: [0.5, 0.5],
    draws: [
      [1, 0],
      [0, 1],
    ],
    predictedLoss: 40,
  };
  for (const name of loopScoreNames) {
    const most =
      name === 'least-confidence' ||
      name === 'least-cost' ||
      name === 'average-confidence' ||
      name === 'variation-ratio'
        ? 0.5
        : 1;
    expect([name, imageInformativeness(answer, rule(name))]).toEqual([name, expect.closeTo(most, 12)]);
  }
});

test('of a predicted loss, also of objects', () => {
  const loss = { predictedLoss: Math.LN2 };
  expect(imageInformativeness({ ...image([0.9]), ...loss }, rule('predicted-loss'))).toBeCloseTo(0.5, 12);
  expect(
    imageInformativeness({ id: 'a', probabilities: [0.5, 0.5], ...loss }, rule('predicted-loss')),
  ).toBeCloseTo(0.5, 12);
});

test('a model without the output that a score needs is named as that', () => {
  const outputs = ['draws', 'predictedLoss'];
  for (const name of loopScoreNames.filter((one) => outputs.includes(scores[one].needs)))
    expect(() => imageInformativeness({ id: 'a', probabilities: [0.5, 0.5] }, rule(name))).toThrow(
      /^The model has no output "(draws|predicted_loss)", which the score .* needs; choose another selection.score.$/,
    );
});

test.each([
  [
    image([0.5, NaN]),
    rule('margin'),
    'The answer holds a box (1) with the score NaN, which must be in 0..1.',
  ],
  [image([1.1]), rule('entropy'), 'The answer holds a box (0) with the score 1.1'],
  [{ id: 'a', probabilities: [0.9, 0.9] }, rule('margin'), 'The answer sums to 1.8000'],
  [{ id: 'a', probabilities: [NaN, 0.9], predictedLoss: 1 }, rule('predicted-loss'), 'The answer holds NaN'],
  [
    { id: 'a', probabilities: [0.1, 0.9], predictedLoss: -1 },
    rule('predicted-loss'),
    'The answer holds the predicted loss -1',
  ],
  [{ id: 'a', probabilities: [0.1, 0.9], draws: [[0.1, 0.9]] }, rule('bald'), 'The answer has one draw'],
])('refuses %j', (answer, by, message) => {
  expect(() => imageInformativeness(answer, by)).toThrow(message);
});
