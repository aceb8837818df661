import { MaskRuns } from '../../../core/formats/mask-runs.ts';
import { maskOfPixels } from '../../../core/formats/pixel-mask.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

test('a mask of pieces of columns, however they are cut, is that of its pixels', () => {
  const random = seededRandom(5);
  for (let round = 0; round < 40; round++) {
    const [width, height] = [1 + Math.floor(random() * 9), 1 + Math.floor(random() * 9)];
    const pixels = new Uint8Array(width * height);
    const runs = new MaskRuns({ width, height });
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height;) {
        const bottom = Math.min(height, y + 1 + Math.floor(random() * 4));
        if (random() < 0.7) {
          runs.add(x, y, bottom);
          for (let line = y; line < bottom; line++) pixels[line * width + x] = 1;
        }
        y = bottom;
      }
    expect(runs.mask()).toEqual(maskOfPixels(pixels, width, height));
  }
});
