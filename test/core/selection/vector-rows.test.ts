import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import wabt from 'wabt';
import { dotProductsWasm } from '../../../core/selection/dot-products-wasm.ts';
import { VectorRows } from '../../../core/selection/vector-rows.ts';
import { DomainError } from '../../../core/errors.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

function filled(columns: number, capacity: number, seed = 1): VectorRows {
  const random = seededRandom(seed);
  const rows = new VectorRows(columns, capacity);
  for (let row = 0; row < capacity; row++) rows.row(row).forEach((_, at, to) => (to[at] = random() * 2 - 1));
  return rows;
}

test('the binary is its source, compiled by wabt', async () => {
  const source = join(__dirname, '../../../core/selection/dot-products.wat');
  const { parseWat } = await wabt();
  const { buffer } = parseWat(source, await readFile(source, 'utf8'), { simd: true }).toBinary({});
  expect(dotProductsWasm).toBe(Buffer.from(buffer).toString('base64'));
});

test.each([1, 3, 4, 5, 17, 64])(
  'dot products of %d numbers are those of doubles, to a millionth',
  (columns) => {
    const rows = filled(columns, 23);
    for (let from = 0; from <= 9; from++) {
      const dots = [...rows.dots(22, from, 14)];
      expect(dots).toHaveLength(14 - from);
      dots.forEach((dot, at) => {
        let exact = 0;
        rows.row(22).forEach((value, column) => (exact += value * rows.row(from + at)[column]!));
        expect(Math.abs(dot - exact)).toBeLessThan(1e-6 * columns);
      });
    }
  },
);

test('a product is the same wherever its rows lie, and from either side', () => {
  const rows = filled(13, 12);
  const elsewhere = new VectorRows(13, 30);
  for (let row = 0; row < 12; row++) elsewhere.row(29 - row).set(rows.row(row));
  for (let one = 0; one < 12; one++)
    for (let other = 0; other < 12; other++) {
      const [dot] = rows.dots(one, other, other + 1);
      expect(elsewhere.dots(29 - other, 29 - one, 30 - one)[0]).toBe(dot);
      expect(elsewhere.dots(29 - one, 0, 30)[29 - other]).toBe(dot);
    }
});

test('more than 4 GiB are refused with what would fit', () => {
  expect(() => new VectorRows(1024, 2_000_000)).toThrow(DomainError);
  expect(() => new VectorRows(1024, 2_000_000)).toThrow(
    '2000000 vectors of 1024 numbers do not fit into 4 GiB; 1047552 would.',
  );
});
