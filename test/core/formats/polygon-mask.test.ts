import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { maskOfRings } from '../../../core/formats/polygon-mask.ts';
import { pixelsOfMask } from '../../../core/formats/pixel-mask.ts';

interface Polygon {
  readonly ring: number[];
  readonly width: number;
  readonly height: number;
  readonly counts: number[];
}

/** By pycocotools 2.0.11, see core/metrics/fixtures/make-coco-cases.py. */
const { polygons } = JSON.parse(
  readFileSync(join(__dirname, '../metrics/fixtures/coco-cases.json'), 'utf8'),
) as { polygons: Polygon[] };

test('a square covers its pixels', () => {
  const pixels = pixelsOfMask(maskOfRings([[1, 1, 3, 1, 3, 2, 1, 2]], 5, 3));
  expect(Array.from({ length: 3 }, (_, y) => [...pixels.slice(y * 5, y * 5 + 5)].join(''))).toEqual([
    '00000',
    '01100',
    '00000',
  ]);
});

test.each(polygons.map((polygon, index) => ({ index, polygon })))(
  'polygon $index has the pixels that pycocotools draws',
  ({ polygon: { ring, width, height, counts } }) => {
    expect(maskOfRings([ring], width, height).counts).toEqual(counts);
  },
);

test('parts are one object, where they overlap too', () => {
  const parts = polygons
    .filter(({ width }) => width === 40)
    .slice(0, 3)
    .map(({ ring }) => ring);
  const pixels = pixelsOfMask(maskOfRings(parts, 40, 30));
  const each = parts.map((ring) => pixelsOfMask(maskOfRings([ring], 40, 30)));
  expect([...pixels]).toEqual([...pixels].map((_, at) => (each.some((one) => one[at] === 1) ? 1 : 0)));
});

test('no ring is no pixel', () => {
  expect(maskOfRings([], 4, 3)).toEqual({ width: 4, height: 3, counts: [12] });
});
