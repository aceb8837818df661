import { DomainError } from '../../../core/errors.ts';
import { RoundedVectors } from '../../../core/selection/rounded-vectors.ts';
import { UnitVectors } from '../../../core/selection/unit-vectors.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

const count = 60;
const rows = Int32Array.from({ length: count }, (_, row) => row);

/** Vectors of lengths from a thousandth to a thousand; near ones, some, and equal ones. */
function vectors(columns: number): { unit: UnitVectors; values: Float32Array } {
  const random = seededRandom(columns);
  const values = new Float32Array(count * columns);
  for (let row = 0; row < count; row++) {
    const like = row > 0 && row % 3 === 0 ? 0 : row % 5 === 2 ? row - 1 : null;
    const length = 10 ** (random() * 6 - 3);
    for (let column = 0; column < columns; column++) {
      const near = like === null ? 0 : (values[like * columns + column] ?? 0);
      values[row * columns + column] =
        like === null ? (random() - 0.5) * length : near * (1 + (row % 2) * 1e-4 * random());
    }
  }
  return { unit: new UnitVectors({ values, columns }), values };
}

/** In doubles, by the definition. */
function cosine(values: Float32Array, columns: number, one: number, other: number): number {
  let [dot, a, b] = [0, 0, 0];
  for (let column = 0; column < columns; column++) {
    const x = values[one * columns + column]!;
    const y = values[other * columns + column]!;
    [dot, a, b] = [dot + x * y, a + x * x, b + y * y];
  }
  return dot / Math.sqrt(a) / Math.sqrt(b);
}

test.each([1, 2, 7, 16, 33, 256])(
  'the largest of the dot products of %d numbers is found, or what it must exceed is given back',
  (columns) => {
    const { unit, values } = vectors(columns);
    const rounded = new RoundedVectors(unit, [rows], 0);
    for (let one = 0; one < count; one += 7)
      for (const [from, to] of [
        [0, count],
        [3, 4],
        [10, 53],
      ] as const) {
        const exact = [...rows.subarray(from, to)].map((other) => cosine(values, columns, one, other));
        const largest = Math.max(...exact);
        expect(rounded.largestDot(one, from, to, -1)).toBeCloseTo(largest, 12);
        expect(rounded.largestDot(one, from, to, largest - 1e-6)).toBeCloseTo(largest, 12);
        expect(rounded.largestDot(one, from, to, 1.5)).toBe(1.5);
        const least = rounded.leastLargestDot(one, from, to);
        expect(least).toBeLessThanOrEqual(largest);
        expect(least).toBeGreaterThan(largest - 6.5e-5 * Math.sqrt(columns) - 1e-9 * columns);
      }
  },
);

test('rows that are added lie behind the others', () => {
  const { unit, values } = vectors(12);
  const rounded = new RoundedVectors(unit, [rows.subarray(5, 9), rows.subarray(20, 22)], 1);
  rounded.add(40);
  expect(rounded.largestDot(6, 4, 5, -1)).toBeCloseTo(cosine(values, 12, 40, 20), 12);
});

test('there is no largest among none', () => {
  const rounded = new RoundedVectors(vectors(4).unit, [rows], 0);
  expect(rounded.largestDot(1, 5, 5, -1)).toBe(-1);
  expect(rounded.leastLargestDot(1, 5, 5)).toBe(-1);
});

test('more than 4 GiB are refused with what would fit', () => {
  const unit = new UnitVectors({ values: new Float32Array(1024), columns: 1024 });
  expect(() => new RoundedVectors(unit, [], 4_000_000)).toThrow(DomainError);
  expect(() => new RoundedVectors(unit, [], 4_000_000)).toThrow(
    '4000000 vectors of 1024 numbers do not fit into 4 GiB; 2093061 would.',
  );
});
