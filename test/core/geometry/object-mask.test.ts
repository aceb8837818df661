import { parseCocoCounts } from '../../../core/formats/coco-counts.ts';
import { maskWeights } from '../../../core/geometry/axis-weights.ts';
import { placeImage } from '../../../core/geometry/image-placement.ts';
import { objectMask } from '../../../core/geometry/object-mask.ts';

const grid = { width: 8, height: 8 };
const input = { width: 32, height: 32 };
const data = Float32Array.from({ length: 3 * 8 * 8 }, (_, index) => Math.sin(index * 0.7));

/** `process_mask_native` of ultralytics 8.4.190 with torch 1.13, as pycocotools 2.0.11 writes it. */
test.each([
  ['of the size of the input', 32, 32, 'f46k0O1O1O^ON71I07OI2b01O1O1O1O1O1O1O1O1O1O1O1O1O1O10000000Oe1'],
  ['with a border of whole cells', 32, 24, 'b33f0O1Oi10WN1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O0001O1OY1'],
  [
    'larger, with a border of odd pixels',
    45,
    30,
    ']53l0O1Oo50QJ2N1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O000000000001O1Ob2',
  ],
  ['with borders of 5 and 6 pixels at its sides', 21, 32, 'W31b01I07OI2b01O1O1O1O1O1O1O1O1O1O1O1O1O1h0'],
  ['with borders of 4 and 5 pixels', 32, 23, '^32f0O^20bM1O1O1O1O1O1O1O1O1O1O1O1O1O1O000001O1OW1'],
  [
    'three times as large',
    100,
    60,
    'Vd05h1O2N1OZT10fkN1O1O2N1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O1O2N00000000000000000000000000000000000001O1O1Oe<',
  ],
])('the mask in an image %s is the one of Ultralytics, pixel by pixel', (_, width, height, counts) => {
  const image = { width, height };
  const weights = maskWeights(image, input, grid, placeImage(image, input, 'letterbox'));
  const [left, top, right, bottom] = [width * 0.1, height * 0.2, width * 0.93, height * 0.85].map(
    Math.fround,
  );
  const mask = objectMask(
    { ...grid, data },
    Float32Array.of(1, -0.5, 0.25),
    [left!, top!, right!, bottom!],
    weights,
    image,
  );
  expect(mask).toEqual({ width, height, counts: parseCocoCounts(counts) });
});

test('a box without area has an empty mask', () => {
  const image = { width: 32, height: 32 };
  const weights = maskWeights(image, input, grid, placeImage(image, input, 'letterbox'));
  const mask = objectMask({ ...grid, data }, Float32Array.of(1, 1, 1), [5, 5, 5, 9], weights, image);
  expect(mask.counts).toEqual([32 * 32]);
});
