import { activeLabLabelledScores, activeLabScores } from '../../../core/scores/active-lab.ts';
import { baldScores } from '../../../core/scores/bald.ts';
import { costMarginScores, costMatrix, leastCostScores } from '../../../core/scores/cost-sensitive.ts';
import { drawVarianceScores } from '../../../core/scores/draw-variance.ts';
import { maxKlScores } from '../../../core/scores/max-kl.ts';
import { multiLabelMaxScores, multiLabelMeanScores } from '../../../core/scores/multi-label.ts';
import { predictedLossScores } from '../../../core/scores/predicted-loss.ts';
import { scores, scoreNames } from '../../../core/scores/score-names.ts';
import { variationRatioScores } from '../../../core/scores/variation-ratio.ts';
import { voteEntropyScores } from '../../../core/scores/vote-entropy.ts';

const ofDraws = { baldScores, voteEntropyScores, variationRatioScores, maxKlScores, drawVarianceScores };
/** Two draws that are sure of other classes; two that agree. */
const apart = [
  [1, 0],
  [0, 1],
];
const agreed = [
  [0.5, 0.5],
  [0.5, 0.5],
];

test('draws that are sure and apart reach each bound, worked by hand', () => {
  const expected = {
    baldScores: Math.LN2,
    voteEntropyScores: Math.LN2,
    variationRatioScores: 0.5,
    maxKlScores: Math.LN2,
    drawVarianceScores: 0.25,
  };
  for (const [name, score] of Object.entries(ofDraws))
    expect(score([apart, agreed])).toEqual([expect.closeTo(expected[name as keyof typeof ofDraws], 12), 0]);
  for (const name of scoreNames) {
    const score = scores[name];
    if (score.needs === 'draws' && name !== 'variation-ratio')
      expect(score.kernel({ values: apart.flat(), start: 0, stride: 2, draws: 2, classes: 2 })).toBeCloseTo(
        score.most(2, 2),
        12,
      );
  }
});

test.each(Object.entries(ofDraws))(
  '%s refuses one draw, a broken one and a ragged one, naming the row',
  (_, score) => {
    expect(() => score([agreed, [[0.5, 0.5]]])).toThrow('Row 1 has one draw; its score needs two or more.');
    expect(() =>
      score([
        [
          [0.5, 0.5],
          [0.5, NaN],
        ],
      ]),
    ).toThrow('Row 0 in draw 1 holds NaN');
    expect(() => score([[[0.5, 0.5], [1]]])).toThrow('Row 0 in draw 1 holds NaN');
    expect(() =>
      score([
        [
          [0.5, 0.5],
          [0.7, 0.7],
        ],
      ]),
    ).toThrow('Row 0 in draw 1 sums to 1.4000');
  },
);

test('costs: the cheapest answer and how close the next is, worked by hand', () => {
  // p = (0.8, 0.2); answering 0 costs 0.2 · 10, answering 1 costs 0.8 · 1.
  const costs = [
    [0, 1],
    [10, 0],
  ];
  expect(leastCostScores([[0.8, 0.2]], costs)[0]).toBeCloseTo(0.8, 12);
  expect(costMarginScores([[0.8, 0.2]], costs)[0]).toBeCloseTo(-1.2, 12);
});

test.each([
  [[[0, 1]], 'The costs have 1 rows; 2 classes need 2.'],
  [[[0, 1], [1]], 'Row 1 of the costs has 1 numbers, not 2.'],
  [
    [
      [0, 1],
      [1, 2],
    ],
    'Row 1 of the costs holds 2 in column 1; a right answer costs 0.',
  ],
  [
    [
      [0, -1],
      [1, 0],
    ],
    'Row 0 of the costs holds -1 in column 1; a cost is finite and 0 or more.',
  ],
])('costs of %j are refused', (costs, message) => {
  expect(() => leastCostScores([[0.5, 0.5]], costs)).toThrow(message);
});

test('costs by name: what is not named costs 1', () => {
  const classes = ['sound', 'caries', 'filling'];
  expect(costMatrix({ caries: { sound: 10 } }, classes)).toEqual([
    [0, 1, 1],
    [10, 0, 1],
    [1, 1, 0],
  ]);
  expect(costMatrix({ caries: { sound: 10 } }, [...classes].reverse())[1]).toEqual([1, 0, 10]);
});

test('several classes: each is a coin of its own', () => {
  // Bits of 0.5, 1 and 0.11: 1, 0, 0.49991596 (by the formula)
  const row = [0.5, 1, 0.11];
  expect(multiLabelMeanScores([row])[0]).toBeCloseTo((1 + 0.499915958164528) / 3, 12);
  expect(multiLabelMaxScores([row])).toEqual([1]);
  expect(() => multiLabelMeanScores([[0.5], [1.5]])).toThrow('Row 1 holds 1.5');
  expect(() => multiLabelMaxScores([[]])).toThrow('Row 0 has no class.');
});

test('a predicted loss keeps its order and stays in 0..1', () => {
  const [none, half, much] = predictedLossScores([0, Math.LN2, 30]);
  expect(none).toBe(0);
  expect(half).toBeCloseTo(0.5, 15);
  expect(much! > 0.999 && much! < 1).toBe(true);
  for (const bad of [NaN, -0.1, Infinity])
    expect(() => predictedLossScores([0, bad])).toThrow(`Row 1 holds the predicted loss ${bad}`);
});

test('ActiveLab refuses what is no quality or weight, naming it', () => {
  const answered = { consensusQuality: 0.5, annotatorWeights: [1] };
  const classes = 2;
  expect(() =>
    activeLabLabelledScores([answered, { ...answered, consensusQuality: NaN }], { classes }),
  ).toThrow('Row 1 has the consensus quality NaN');
  expect(() => activeLabLabelledScores([{ ...answered, annotatorWeights: [-1] }], { classes })).toThrow(
    'Row 0 holds the annotator weight -1',
  );
  expect(() => activeLabLabelledScores([answered], { classes: 1 })).toThrow('there are 1');
  expect(() => activeLabScores([[0.5, 0.5]], { model: 0, averageAnnotator: 1 })).toThrow(
    'The weight "model" is 0',
  );
});
