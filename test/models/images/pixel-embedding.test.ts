import { pixelEmbedding } from '../../../models/images/pixel-embedding.ts';

test('is the mean of each of 8 × 8 cells and channels from −1 to 1, and a constant', () => {
  // 16 × 8 pixels: two pixels a cell across, one down; red rises by 10 with each column, blue is 255, green 0.
  const pixels = Uint8Array.from({ length: 16 * 8 * 3 }, (_, at) =>
    at % 3 === 0 ? (Math.floor(at / 3) % 16) * 10 : at % 3 === 1 ? 0 : 255,
  );
  const vector = pixelEmbedding(pixels, { width: 16, height: 8, channels: 3 });
  expect(vector).toHaveLength(193);
  // The second cell of the first row: red (20 + 30) / 2 = 25, so 25 / 127.5 − 1.
  expect([...vector.subarray(3, 6)]).toEqual([expect.closeTo(25 / 127.5 - 1, 6), -1, 1]);
  expect([...vector.subarray(3, 6)]).toEqual([...vector.subarray(27, 30)]);
  expect(vector[192]).toBeCloseTo(0.1, 6);
});

test('a plain image has a direction, and an input smaller than the cells has one too', () => {
  const plain = pixelEmbedding(new Uint8Array(64).fill(127), { width: 8, height: 8, channels: 1 });
  expect(Math.hypot(...plain)).toBeGreaterThan(0.09);
  const small = pixelEmbedding(new Uint8Array(4).fill(255), { width: 2, height: 2, channels: 1 });
  expect([...small].filter((value) => value === 1)).toHaveLength(4);
  expect(small.every(Number.isFinite)).toBe(true);
});
