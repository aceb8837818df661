import { trainLossPredictor } from '../../../core/learning/loss-predictor.ts';
import { lossRanking } from '../../../core/learning/loss-ranking.ts';
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

test('puts images that it has not seen in the order of their losses', () => {
  const predictor = trainLossPredictor(examples, 1);
  const { values, columns } = predictor.head.probabilities(features, unseen);
  const losses = unseen.map((row, at) => -Math.log(values[at * columns + labels[row]!] ?? 0));
  const predicted = predictor.predict(features, unseen);
  expect(rankCorrelation(predicted, losses)).toBeGreaterThan(0.8);
  expect(Math.min(...predicted)).toBeGreaterThanOrEqual(0);
});

test('equal examples and seed predict equal losses, shard by shard too', () => {
  const [one, other] = [trainLossPredictor(examples, 1), trainLossPredictor(examples, 1)];
  const whole = [...one.predict(features, unseen)];
  expect([...other.predict(features, unseen)]).toEqual(whole);
  const shard = { values: features.values.slice(2 * 150), columns: 2 };
  expect([...one.predict(shard, [0, 1])]).toEqual([whole[50], whole[51]]);
});

test('a label that is surely wrong is no infinite loss', () => {
  const labelsOf = examples.labels.map((label, at) => (at === 0 ? (label + 1) % 3 : label));
  const predicted = trainLossPredictor({ ...examples, labels: labelsOf }, 1).predict(features, unseen);
  expect(predicted.every(Number.isFinite)).toBe(true);
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
