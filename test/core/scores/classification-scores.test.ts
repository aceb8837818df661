import { DomainError } from '../../../core/errors.ts';
import { predScore } from '../../../core/scores/pred-score.ts';
import { entropyScores } from '../../../core/scores/entropy.ts';
import { leastConfidenceScores } from '../../../core/scores/least-confidence.ts';
import { marginScores } from '../../../core/scores/margin.ts';

const functions = { margin: marginScores, 'least-confidence': leastConfidenceScores, entropy: entropyScores };

const rows = [
  [0.5, 0.3, 0.2],
  [0.7, 0.2, 0.1],
  [0.9, 0.05, 0.05],
  [1 / 3, 1 / 3, 1 / 3],
  [1, 0, 0],
];

/** Worked by hand; entropies by scipy 1.17.1: `entropy(row, base=3)`. */
const expected = {
  margin: [0.8, 0.5, 0.15, 1, 0],
  'least-confidence': [0.5, 0.3, 0.1, 2 / 3, 0],
  entropy: [0.9372305632161295, 0.7298466991620975, 0.3589962496465303, 1, 0],
};

describe.each(Object.keys(functions) as (keyof typeof functions)[])('the score %s', (name) => {
  const score = functions[name];

  test('gives the numbers worked by hand', () => {
    score(rows).forEach((value, index) => expect(value).toBeCloseTo(expected[name][index]!, 12));
  });

  test('does not depend on the order of the classes', () => {
    for (const order of [
      [1, 2, 0],
      [2, 1, 0],
      [0, 2, 1],
    ]) {
      const permuted = rows.map((row) => order.map((index) => row[index]!));
      score(permuted).forEach((value, index) => expect(value).toBeCloseTo(score(rows)[index]!, 12));
    }
  });

  test('scores a row alike alone and among others', () => {
    expect(rows.flatMap((row) => score([row]))).toEqual(score(rows));
  });

  test('stays in 0..1 and asks the uniform belief before the certain one', () => {
    const [uniform, certain] = score([
      [0.25, 0.25, 0.25, 0.25],
      [0, 0, 1, 0],
    ]);
    for (const value of score(rows)) expect(value >= 0 && value <= 1).toBe(true);
    expect(certain).toBe(0);
    expect(uniform).toBeGreaterThan(0.7);
  });

  test('scores rows that are off by the float32 error of a softmax', () => {
    for (const value of score([
      [0.9999999, 0.0000002, 0],
      [1.0004, 0, 0],
    ]))
      expect(value >= 0 && value <= 1).toBe(true);
  });

  test('scores no rows as no scores', () => {
    expect(score([])).toEqual([]);
  });

  test.each([
    [
      'NaN',
      [
        [0.5, 0.5, 0],
        [0.5, NaN, 0.5],
      ],
      /row 1|item 1/i,
    ],
    ['a negative number', [[-0.1, 0.6, 0.5]], /row 0/i],
    ['infinity', [[Infinity, 0, 0]], /row 0/i],
    [
      'a sum that is not 1',
      [
        [0.5, 0.5],
        [0.5, 0.4],
      ],
      /row 1 sums to 0.9000/i,
    ],
    ['a single class', [[1]], /two classes/i],
    [
      'rows of unequal length',
      [
        [0.5, 0.5],
        [1, 0, 0],
      ],
      /row 1 has 3/i,
    ],
  ])('refuses %s, naming the row', (_, bad, message) => {
    expect(() => score(bad)).toThrow(DomainError);
    expect(() => score(bad)).toThrow(message);
  });
});

test('pred_score turns informativeness round: lowest is asked first', () => {
  expect(predScore(1)).toBe(0);
  expect(predScore(0)).toBe(1);
  expect(predScore(0.25)).toBe(0.75);
});
