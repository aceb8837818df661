import { packBrush, unpackBrush } from '../../../core/formats/brush-mask.ts';
import { formatCocoCounts, parseCocoCounts } from '../../../core/formats/coco-counts.ts';
import { joinRings } from '../../../core/formats/join-rings.ts';
import { outlineOfMask } from '../../../core/formats/mask-outline.ts';
import { maskArea, maskBox, maskOfPixels, pixelsOfMask } from '../../../core/formats/pixel-mask.ts';
import { ringArea } from '../../../core/formats/shape-in-image.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

/** A 4 × 3 picture of a ring with its hole, and a pixel that touches it at a corner only. */
const rows = ['###.', '#.#.', '###.', '...#'];
const ring = maskOfPixels(
  rows.join('').split('').map((one) => Number(one === '#')), // prettier-ignore
  4,
  4,
);

test('runs go down the columns, background first', () => {
  expect(ring.counts).toEqual([0, 3, 1, 1, 1, 1, 1, 3, 4, 1]);
  expect(maskArea(ring)).toBe(9);
  expect(maskBox(ring)).toEqual([0, 0, 4, 4]);
  expect(maskBox(maskOfPixels([0, 0, 0, 1], 2, 2))).toEqual([1, 1, 1, 1]);
  expect(maskBox(maskOfPixels([0, 0], 2, 1))).toEqual([0, 0, 0, 0]);
});

test('an outline encloses its pixels exactly: each part and each hole is a ring', () => {
  const rings = outlineOfMask(ring);
  expect(rings.map(ringArea)).toEqual([9, 1, 1]);
  expect(rings[0]).toEqual([0, 0, 3, 0, 3, 3, 0, 3]);
});

test('random masks survive COCO, Label Studio and their outline', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 30; round++) {
    const [width, height] = [1 + Math.floor(random() * 20), 1 + Math.floor(random() * 20)];
    const mask = maskOfPixels(
      Array.from({ length: width * height }, () => Number(random() < 0.6)),
      width,
      height,
    );
    expect(maskOfPixels(pixelsOfMask(mask), width, height)).toEqual(mask);
    expect(parseCocoCounts(formatCocoCounts(mask.counts))).toEqual(mask.counts);
    expect(unpackBrush(packBrush(mask), width, height)).toEqual(mask);
    const rings = outlineOfMask(mask);
    expect(Array.from(filled(rings, width, height))).toEqual(Array.from(pixelsOfMask(mask)));
    if (rings.length > 0)
      expect(Array.from(filled([joinRings(rings)], width, height))).toEqual(Array.from(pixelsOfMask(mask)));
  }
});

/** The pixels whose centre lies inside by the even-odd rule. */
function filled(rings: readonly (readonly number[])[], width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) pixels[y * width + x] = Number(isInside(rings, x + 0.5, y + 0.5));
  return pixels;
}

function isInside(rings: readonly (readonly number[])[], x: number, y: number): boolean {
  let crossings = 0;
  for (const points of rings)
    for (let at = 0; at < points.length; at += 2) {
      const [x1, y1] = [points[at]!, points[at + 1]!];
      const [x2, y2] = [points[(at + 2) % points.length]!, points[(at + 3) % points.length]!];
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) crossings += 1;
    }
  return crossings % 2 === 1;
}

test('large runs and differences in COCO counts', () => {
  const counts = [0, 1, 2_000_000_000, 5, 3, 2_000_000_000, 7];
  expect(parseCocoCounts(formatCocoCounts(counts))).toEqual(counts);
});

test.each(['~', 'o', 'PPPPPPPP1', '0\u0001'])('%j is no compressed count', (text) => {
  expect(() => parseCocoCounts(text)).toThrow('no COCO RLE at character');
});
