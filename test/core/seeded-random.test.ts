import { seededRandom } from '../../core/seeded-random.ts';

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
}

test('equal seeds give equal streams, others do not', () => {
  expect(draw(5, 20)).toEqual(draw(5, 20));
  expect(draw(5, 20)).not.toEqual(draw(6, 20));
});

test('is spread evenly over 0..1, 1 excluded', () => {
  const values = draw(1, 50_000);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  const tenths = new Array<number>(10).fill(0);
  for (const value of values) tenths[Math.floor(value * 10)]! += 1;
  // Chi-square with 9 degrees of freedom; 27.9 is exceeded with probability 0.001.
  const chiSquare = tenths.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
  expect(chiSquare).toBeLessThan(27.9);
});
