const steps = 300;
const rate = 0.5;
const momentum = 0.9;
/** Of the squared weights, beside the mean loss of an image. */
const decay = 1e-3;

/**
 * Multinomial logistic regression with an L2 penalty, by full-batch gradient descent with momentum: small, quick and without chance.
 *
 * @param inputs - `[images][features]`, about 0..1.
 * @param truth - `[images]`, index of the class.
 * @returns What it makes of features: probabilities by class.
 */
export function softmaxRegression(
  inputs: readonly (readonly number[])[],
  truth: readonly number[],
  classes: number,
): (features: readonly number[]) => number[] {
  const width = (inputs[0]?.length ?? 0) + 1;
  const weights = new Float64Array(classes * width);
  const velocity = new Float64Array(classes * width);
  for (let step = 0; step < steps; step++) {
    const gradient = weights.map((weight, at) => ((at + 1) % width === 0 ? 0 : decay * weight));
    inputs.forEach((features, image) => {
      predict(features).forEach((probability, one) => {
        const error = (probability - (truth[image] === one ? 1 : 0)) / inputs.length;
        const start = one * width;
        features.forEach((value, at) => (gradient[start + at] = (gradient[start + at] ?? 0) + error * value));
        gradient[start + width - 1] = (gradient[start + width - 1] ?? 0) + error;
      });
    });
    gradient.forEach((slope, at) => {
      velocity[at] = momentum * (velocity[at] ?? 0) - rate * slope;
      weights[at] = (weights[at] ?? 0) + (velocity[at] ?? 0);
    });
  }
  return predict;

  function predict(features: readonly number[]): number[] {
    const logits = Array.from({ length: classes }, (_, one) => {
      const start = one * width;
      return features.reduce(
        (sum, value, at) => sum + value * (weights[start + at] ?? 0),
        weights[start + width - 1] ?? 0,
      );
    });
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - highest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }
}
