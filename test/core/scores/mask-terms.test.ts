import {
  boundaryEntropy,
  maskIouDoubt,
  maskIouFault,
  meanPixelEntropy,
  unclearestPixels,
} from '../../../core/scores/mask-terms.ts';

/** A square of 10 × 10 sure pixels in the middle of 40 × 40 sure background, but for the given chances. */
function square(but: Readonly<Record<string, number>> = {}) {
  const chances = new Float64Array(1600);
  for (let y = 15; y < 25; y++) chances.fill(1, y * 40 + 15, y * 40 + 25);
  for (const [place, chance] of Object.entries(but)) {
    const [x = 0, y = 0] = place.split(',').map(Number);
    chances[y * 40 + x] = chance;
  }
  return { widthPx: 40, heightPx: 40, chances };
}

test('a sure mask has nothing to ask, by any term', () => {
  for (const term of [meanPixelEntropy, unclearestPixels, boundaryEntropy]) expect(term(square())).toBe(0);
});

test('pixels count inside the mask dilated by three', () => {
  // 16 × 16 pixels; one of them is a coin toss (and of the mask).
  expect(meanPixelEntropy(square({ '15,15': 0.5 }))).toBeCloseTo(1 / 256, 12);
  // Of background just beyond: none.
  expect(meanPixelEntropy(square({ '11,15': 0.4 }))).toBe(0);
  // 0.4 at the outer edge: scipy 1.17.1, entropy([.4, .6], base=2)
  expect(meanPixelEntropy(square({ '12,12': 0.4 }))).toBeCloseTo(0.9709505944546686 / 256, 12);
});

test('the least clear tenth is of those pixels', () => {
  // ⌈25.6⌉ = 26 of 256.
  expect(unclearestPixels(square({ '15,15': 0.5, '20,20': 0.5 }))).toBeCloseTo(2 / 26, 12);
});

test('the boundary is three pixels on either side', () => {
  // 16² − 4² = 240 pixels; the middle is none of them.
  expect(boundaryEntropy(square({ '15,15': 0.5 }))).toBeCloseTo(1 / 240, 12);
  expect(boundaryEntropy(square({ '20,20': 0.5 }))).toBe(0);
});

test('an empty mask has no term, and one that fills its image no boundary', () => {
  const pixels = { widthPx: 2, heightPx: 2, chances: [0.1, 0.1, 0.1, 0.1] };
  for (const term of [meanPixelEntropy, unclearestPixels, boundaryEntropy]) expect(term(pixels)).toBeNull();
  expect(boundaryEntropy({ ...pixels, chances: [1, 1, 1, 1] })).toBeNull();
});

test('refuses chances that are none, naming the pixel, and another number of them', () => {
  expect(() => meanPixelEntropy({ widthPx: 2, heightPx: 2, chances: [0, 0, 0, NaN] })).toThrow(
    'The pixel at 1, 1 has the chance NaN',
  );
  expect(() => boundaryEntropy({ widthPx: 2, heightPx: 2, chances: [0] })).toThrow(
    'There are 1 pixels, not 2 × 2.',
  );
  expect(maskIouDoubt(0.75)).toBe(0.25);
  expect(maskIouFault(1.5)).toBe('holds the predicted mask IoU 1.5, which must be in 0..1');
});
