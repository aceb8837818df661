import { fitTemperature } from '../../../../models/trainers/learning/temperature.ts';

test('a model that is three times too sure is divided by three', () => {
  // Two classes, logit difference ln 4 · 3: it claims 64/65, but is right in 4 of 5 cases, which is what ln 4 would claim.
  const logits = Float32Array.from([0, 1, 2, 3, 4].flatMap(() => [3 * Math.log(4), 0]));
  const { temperature, loss } = fitTemperature({
    logits,
    classes: 2,
    labels: [0, 0, 0, 0, 1],
    weights: [1, 1, 1, 1, 1],
  });
  expect(temperature).toBeCloseTo(3, 3);
  // The entropy of (4/5, 1/5).
  expect(loss).toBeCloseTo(-0.8 * Math.log(0.8) - 0.2 * Math.log(0.2), 6);
});

test('examples count by weight', () => {
  const logits = Float32Array.of(3 * Math.log(4), 0, 3 * Math.log(4), 0);
  const fit = fitTemperature({ logits, classes: 2, labels: [0, 1], weights: [4, 1] });
  expect(fit.temperature).toBeCloseTo(3, 3);
});

test('a model that is always right, or not sure enough, is left as it is', () => {
  const logits = Float32Array.of(1, 0, 0, 1);
  const fit = fitTemperature({ logits, classes: 2, labels: [0, 1], weights: [1, 1] });
  expect(fit.temperature).toBe(1);
  expect(fit.loss).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
});
