import { LossPredictor } from '../../../core/learning/loss-predictor.ts';
import { lossRanking } from '../../../core/learning/loss-ranking.ts';
import { nearestRows } from '../../../core/learning/nearest-rows.ts';
import { fitSoftmax } from '../../../core/learning/softmax-regression.ts';
import { trainLossPredictor } from '../../../core/learning/train-loss-predictor.ts';
import { rankCorrelation } from '../../../core/metrics/rank-correlation.ts';
import { labelledBlobs } from '../../support/labelled-blobs.ts';

const { embeddings: features, labels, classes } = labelledBlobs(400);
const rows = Array.from({ length: 100 }, (_, row) => row);
const unseen = Array.from({ length: 300 }, (_, at) => 100 + at);
const examples = {
  features,
  rows,
  labels: rows.map((row) => labels[row] ?? -1),
  classes: classes.length,
};

const head = fitSoftmax(examples);
const answers = head.probabilities(features, unseen);

test('puts images that it has not seen in the order of their losses', () => {
  const { values, columns } = answers;
  const losses = unseen.map((row, at) => -Math.log(values[at * columns + labels[row]!] ?? 0));
  const predicted = new LossPredictor(trainLossPredictor(examples, 1)).predict(features, unseen, answers);
  expect(rankCorrelation(predicted, losses)).toBeGreaterThan(0.8);
  expect(Math.min(...predicted)).toBeGreaterThanOrEqual(0);
});

test('equal examples and seed predict equal losses, shard by shard too', () => {
  const [one, other] = [1, 1].map((seed) => new LossPredictor(trainLossPredictor(examples, seed)));
  const whole = [...one!.predict(features, unseen, answers)];
  expect([...other!.predict(features, unseen, answers)]).toEqual(whole);
  const shard = { values: features.values.slice(2 * 150), columns: 2 };
  const some = head.probabilities(shard, [0, 1]);
  expect([...one!.predict(shard, [0, 1], some)]).toEqual([whole[50], whole[51]]);
});

test('a label that is surely wrong is no infinite loss', () => {
  const labelsOf = examples.labels.map((label, at) => (at === 0 ? (label + 1) % 3 : label));
  const learned = trainLossPredictor({ ...examples, labels: labelsOf }, 1);
  const predicted = new LossPredictor(learned).predict(features, unseen, answers);
  expect(predicted.every(Number.isFinite)).toBe(true);
});

test('an image whose neighbours have another class than the predicted one is expected to lose more', () => {
  const learned = trainLossPredictor(examples, 1);
  const predictor = new LossPredictor(learned);
  // Of a labelled image's own vector, answered alike but for the class.
  const [label = 0] = learned.labels;
  const row = [0, 0, 0].map((_, one) => (one === label ? 0.9 : 0.05));
  const turned = [...row.slice(1), row[0]!];
  const [right = 0, wrong = 0] = [row, turned]
    .map((values) =>
      predictor.predict(learned.vectors, [0], { values: Float64Array.from(values), columns: 3 }),
    )
    .map(([loss]) => loss);
  expect(wrong).toBeGreaterThan(1.5 * right);
});

test('the nearest are found as a sort would find them, the first of equal ones first', () => {
  const dots = [0.3, 0.9, 0.1, 0.9, 0.5];
  expect(nearestRows(dots, 3).map(({ at }) => at)).toEqual([1, 3, 4]);
  expect(nearestRows(dots, 9).map(({ at }) => at)).toEqual([1, 3, 4, 0, 2]);
});

test('refuses to learn from too few', () => {
  expect(() => trainLossPredictor({ ...examples, rows: rows.slice(0, 9) }, 1)).toThrow(
    'Losses are predicted from 10 labels on; there are 9.',
  );
});

test('warns when entropy orders as well', () => {
  const losses = [0.1, 0.2, 0.3, 0.9];
  const good = lossRanking({ predicted: [1, 2, 3, 4], entropies: [1, 2, 4, 3], losses });
  expect(good).toEqual({ images: 4, predictedLoss: 1, entropy: 0.8, warning: null });
  const bad = lossRanking({ predicted: [1, 2, 4, 3], entropies: [1, 2, 4, 3], losses });
  expect(bad.warning).toContain('no better than entropy does: rank correlation 0.800 against 0.800');
});
