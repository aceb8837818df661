import { holdOutImages } from '../../core/hold-out-size.ts';

// 385 and 1068: statsmodels 0.14.5, samplesize_confint_proportion(0.5, …), rounded up. 278 and 370 of 1,000 and 10,000: the table of Krejcie and Morgan 1970.
test.each([
  [{ error: 0.05 }, Infinity, 385],
  [{ error: 0.03 }, Infinity, 1068],
  [{}, Infinity, 385],
  [{ error: 0.05 }, 1000, 278],
  [{ error: 0.05 }, 10_000, 370],
  [{ error: 0.05 }, 1, 1],
  [{ images: 40 }, 1000, 40],
])('%j of %d images is %d', (size, population, expected) => {
  expect(holdOutImages(size, population)).toBe(expected);
});
