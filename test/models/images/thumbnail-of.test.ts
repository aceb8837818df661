import { thumbnailOf } from '../../../models/images/thumbnail-of.ts';

const whole = (side: number) => ({ left: 0, top: 0, width: side, height: side });

test('each place is the mean of what it covers', () => {
  // 32×32, where pixel (row, column) is row + column: place (r, c) covers rows 2r and 2r + 1, so its mean is 2r + 2c + 1.
  const pixels = Uint8Array.from({ length: 1024 }, (_, at) => Math.floor(at / 32) + (at % 32));
  const thumbnail = thumbnailOf(pixels, { width: 32, channels: 1 }, whole(32));
  expect([...thumbnail]).toEqual(
    Array.from({ length: 256 }, (_, at) => 2 * Math.floor(at / 16) + 2 * (at % 16) + 1),
  );
});

test('a smaller image is spread, and pixels count by the part that is covered', () => {
  // 24 columns: place 0 covers column 0 and half of column 1, place 1 the other half and column 2.
  const row = Array.from({ length: 24 }, (_, at) => 3 * at);
  const pixels = Uint8Array.from([...row, ...row]);
  const thumbnail = thumbnailOf(
    pixels,
    { width: 24, channels: 1 },
    { left: 0, top: 0, width: 24, height: 2 },
  );
  expect([...thumbnail.subarray(0, 4)]).toEqual([1, 5, 10, 14]);
  expect(thumbnail.subarray(240)).toEqual(thumbnail.subarray(0, 16));
});

test('colour becomes grey as it is seen, and the border of a letterbox does not count', () => {
  const pixels = new Uint8Array(32 * 32 * 3).fill(114);
  for (let row = 8; row < 24; row++)
    for (let column = 0; column < 32; column++) pixels.set([255, 0, 0], (row * 32 + column) * 3);
  const inside = { left: 0, top: 8, width: 32, height: 16 };
  // 255 · 77/256.
  expect(new Set(thumbnailOf(pixels, { width: 32, channels: 3 }, inside))).toEqual(new Set([77]));
});

test('hardly depends on the size: an image and its half in each direction agree to a grey level', () => {
  const at = (row: number, column: number) => 127 + 120 * Math.sin(row / 37) * Math.cos(column / 23);
  const large = Uint8Array.from({ length: 400 * 400 }, (_, index) =>
    at(Math.floor(index / 400), index % 400),
  );
  const small = Uint8Array.from({ length: 200 * 200 }, (_, index) => {
    const [row, column] = [2 * Math.floor(index / 200), 2 * (index % 200)];
    return (at(row, column) + at(row + 1, column) + at(row, column + 1) + at(row + 1, column + 1)) / 4;
  });
  const one = thumbnailOf(large, { width: 400, channels: 1 }, whole(400));
  const other = thumbnailOf(small, { width: 200, channels: 1 }, whole(200));
  expect(Math.max(...one.map((level, index) => Math.abs(level - (other[index] ?? 0))))).toBeLessThanOrEqual(
    1,
  );
});
