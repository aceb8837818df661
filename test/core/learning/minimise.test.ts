import { minimise } from '../../../core/learning/minimise.ts';

test('finds the lowest point of a narrow valley, and leaves the start as it is', () => {
  // (x − 3)² + 1000 (y + 1)²
  const start = new Float64Array([0, 0]);
  const found = minimise(
    ([x = 0, y = 0], slope) => {
      slope.set([2 * (x - 3), 2000 * (y + 1)]);
      return (x - 3) ** 2 + 1000 * (y + 1) ** 2;
    },
    start,
    { tolerance: 1e-9 },
  );
  expect(found[0]).toBeCloseTo(3, 8);
  expect(found[1]).toBeCloseTo(-1, 8);
  expect([...start]).toEqual([0, 0]);
});
