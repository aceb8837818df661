import { intoImage, intoInput } from '../../../../models/trainers/ort-detector/boxed-images.ts';

const image = { width: 200, height: 100 };
const input = { width: 64, height: 64 };

test('boxes follow their image into the letterbox', () => {
  // 200×100 becomes 64×32, 16 below the upper edge.
  expect(intoInput([50, 25, 100, 50], image, input)).toEqual([16, 24, 32, 16]);
});

test('and back, cut at the edges of the image', () => {
  expect(intoImage([16, 24, 32, 16], image, input)).toEqual([50, 25, 100, 50]);
  expect(intoImage([-3.2, 0, 32, 32], image, input)).toEqual([0, 0, 90, 50]);
});
