import { intoInput } from '../../../../models/trainers/ort-detector/boxed-images.ts';

test('boxes follow their image into the letterbox', () => {
  // 200×100 becomes 64×32, 16 below the upper edge.
  const box = intoInput([50, 25, 100, 50], { width: 200, height: 100 }, { width: 64, height: 64 });
  expect(box).toEqual([16, 24, 32, 16]);
});
