import { cohenKappa } from '../../../core/metrics/cohen-kappa.ts';

// scikit-learn 1.9.1, cohen_kappa_score.
test.each([
  ['c c c c d d d b b b', 'c c c d d d d b b c', 0.696969696969697],
  ['x y x y x y', 'x x y y x y', 0.33333333333333337],
])('κ of %s and %s is %d', (one, other, expected) => {
  expect(cohenKappa(one.split(' '), other.split(' '))).toBeCloseTo(expected, 12);
});

test('full agreement is 1, also on a single answer, and the opposite of everything is −1', () => {
  expect(cohenKappa(['a', 'b'], ['a', 'b'])).toBe(1);
  expect(cohenKappa(['a', 'a'], ['a', 'a'])).toBe(1);
  expect(cohenKappa(['a', 'b'], ['b', 'a'])).toBe(-1);
});

test('refuses no items and unequal lengths', () => {
  expect(() => cohenKappa([], [])).toThrow('κ is of pairs of answers; there are 0 and 0.');
  expect(() => cohenKappa(['a'], [])).toThrow('there are 1 and 0');
});
