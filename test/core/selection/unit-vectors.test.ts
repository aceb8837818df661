import { UnitVectors } from '../../../core/selection/unit-vectors.ts';

test.each([
  [[3, 4], null],
  [[1e-20, 0], null],
  [[0, 0], 'its embedding is all zeros'],
  [[1, NaN], 'its embedding holds a number that is not finite'],
  [[Infinity, 1], 'its embedding holds a number that is not finite'],
  [[1e-35, 0], 'its embedding is 1e-35 long, and 1e-30 to 1e+30 is what can be compared'],
  [[0, 2e33], 'its embedding is 2e+33 long, and 1e-30 to 1e+30 is what can be compared'],
])('of %j it is told whether it has a direction', (values, fault) => {
  expect(new UnitVectors({ values: Float64Array.from(values), columns: 2 }).fault(0)).toBe(fault);
});

test('the dot product of unit vectors is the same from either side', () => {
  const vectors = new UnitVectors({ values: Float32Array.from([3, 0, 4, 0, 0, 2]), columns: 3 });
  expect(vectors.dot(0, 1)).toBeCloseTo(0.8, 15);
  expect(vectors.dot(1, 0)).toBe(vectors.dot(0, 1));
});
