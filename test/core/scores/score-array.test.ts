import { entropyScores } from '../../../core/scores/entropy.ts';
import { fusedScores } from '../../../core/scores/fused-scores.ts';
import { leastConfidenceScores } from '../../../core/scores/least-confidence.ts';
import { marginScores } from '../../../core/scores/margin.ts';
import { baldScores } from '../../../core/scores/bald.ts';
import { scoreArray } from '../../../core/scores/score-array.ts';
import { hashUnit } from '../../../core/hash.ts';

const rows = [
  [0.5, 0.3, 0.2],
  [0.7, 0.2, 0.1],
  [1 / 3, 1 / 3, 1 / 3],
];

test('a flat array has the scores of its rows', () => {
  const { array, quarantined } = scoreArray(
    { shape: [3, 3], data: new Float64Array(rows.flat()), ids: ['a', 'b', 'c'] },
    ['margin', 'entropy'],
  );
  expect(array).toEqual({
    shape: [3, 2],
    columns: ['margin', 'entropy'],
    ids: ['a', 'b', 'c'],
    data: new Float64Array(rows.flatMap((_, row) => [marginScores(rows)[row]!, entropyScores(rows)[row]!])),
  });
  expect(quarantined).toEqual([]);
});

test('draws come with the draws outside, and give scores of their mean too', () => {
  const draws = [
    [
      [0.9, 0.1],
      [0.5, 0.5],
    ],
    [
      [0.1, 0.9],
      [0.7, 0.3],
    ],
  ];
  const items = [0, 1].map((item) => draws.map((draw) => draw[item]!));
  const { array } = scoreArray({ shape: [2, 2, 2], data: new Float64Array(draws.flat(2)) }, [
    'bald',
    'margin',
  ]);
  const margins = marginScores([
    [0.5, 0.5],
    [0.6, 0.4],
  ]);
  [baldScores(items)[0]!, margins[0]!, baldScores(items)[1]!, margins[1]!].forEach((value, index) =>
    expect(array.data[index]).toBeCloseTo(value, 15),
  );
});

test('broken rows are quarantined with their reason and have no number', () => {
  const data = new Float64Array([0.5, 0.5, NaN, 0.5, Infinity, 0, 0.5, 0.4, -0.1, 1.1]);
  const { array, quarantined } = scoreArray({ shape: [5, 2], data }, ['margin']);
  expect([...array.data]).toEqual([1, NaN, NaN, NaN, NaN]);
  expect(quarantined).toEqual([
    { row: 1, reason: 'holds NaN, which is no probability (0..1)' },
    { row: 2, reason: 'holds Infinity, which is no probability (0..1)' },
    { row: 3, reason: 'sums to 0.9000; probabilities sum to 1 ± 0.001' },
    { row: 4, reason: 'holds -0.1, which is no probability (0..1)' },
  ]);
  expect(scoreArray({ shape: [2, 0], data: new Float64Array() }, ['margin']).quarantined).toEqual([
    { row: 0, reason: 'has no class; a score needs two classes or more' },
    { row: 1, reason: 'has no class; a score needs two classes or more' },
  ]);
  const draws = { shape: [1, 1, 2], data: new Float64Array([0.5, 0.5]) };
  expect(scoreArray(draws, ['bald']).quarantined).toEqual([
    { row: 0, reason: 'has one draw; its score needs two or more' },
  ]);
});

test('predicted losses are one number a row', () => {
  const { array, quarantined } = scoreArray({ shape: [2], data: new Float64Array([0, -1]) }, [
    'predicted-loss',
  ]);
  expect([...array.data]).toEqual([0, NaN]);
  expect(quarantined).toEqual([
    { row: 1, reason: 'holds the predicted loss -1; a loss is finite and 0 or more' },
  ]);
});

test.each([
  [[2, 2], 'bald', 'The score bald needs [draws, rows, classes]; an array of [2, 2] holds probabilities.'],
  [[4], 'margin', 'The score margin needs [rows, classes]; an array of [4] holds one number a row.'],
  [
    [2, 2],
    'predicted-loss',
    'The score predicted-loss needs [rows]; an array of [2, 2] holds probabilities.',
  ],
  [[1, 1, 2, 2], 'margin', 'It has 4 axes'],
] as const)('an array of %j is refused for %s', (shape, name, message) => {
  expect(() => scoreArray({ shape, data: new Float64Array(4) }, [name])).toThrow(message);
});

describe('the fused pass over float32', () => {
  const classes = 7;
  const many = Array.from({ length: 2000 }, (_, row) => {
    const raw = Array.from(
      { length: classes },
      (__, place) => hashUnit('fused', `${row}/${place}`) ** (1 + (row % 20)),
    );
    const sum = raw.reduce((total, one) => total + one, 0);
    return raw.map((one) => Math.fround(one / sum));
  });
  many.push(
    [1, 0, 0, 0, 0, 0, 0],
    [-0, 1, 0, 0, 0, 0, 0],
    Array.from({ length: classes }, () => Math.fround(1 / 7)),
  );

  test('gives least confidence and margin to the last digit, entropy to 1e-6', () => {
    const { leastConfidence, margin, entropy } = fusedScores(new Float32Array(many.flat()), classes);
    expect([...leastConfidence]).toEqual(leastConfidenceScores(many));
    expect([...margin]).toEqual(marginScores(many));
    const off = entropyScores(many).map((exact, row) => Math.abs(exact - entropy[row]!));
    expect(Math.max(...off)).toBeLessThan(1e-6);
    expect(entropy[2000]).toBeCloseTo(0, 6);
  });

  test('gives no number for a row that the exact scores refuse', () => {
    const bad = [
      [NaN, 1],
      [Infinity, 0],
      [-0.5, 1.5],
      [0.5, 0.4],
      [0, 0],
    ];
    for (const scored of Object.values(fusedScores(new Float32Array(bad.flat()), 2)) as Float64Array[])
      expect([...scored]).toEqual(bad.map(() => NaN));
  });
});
