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
  const rows = inputs.map(withOne);
  const weights = new Float64Array(classes * width);
  const velocity = new Float64Array(classes * width);
  const gradient = new Float64Array(classes * width);
  for (let step = 0; step < steps; step++) {
    for (let at = 0; at < gradient.length; at++)
      gradient[at] = (at + 1) % width === 0 ? 0 : decay * (weights[at] as number);
    for (let image = 0; image < rows.length; image++)
      addGradient(rows[image] as Float64Array, truth[image] ?? -1);
    for (let at = 0; at < weights.length; at++) {
      velocity[at] = momentum * (velocity[at] as number) - rate * (gradient[at] as number);
      weights[at] = (weights[at] as number) + (velocity[at] as number);
    }
  }
  return (features) => probabilities(withOne(features));

  function addGradient(row: Float64Array, label: number): void {
    const said = probabilities(row);
    for (let one = 0; one < classes; one++) {
      const error = ((said[one] as number) - (one === label ? 1 : 0)) / rows.length;
      for (let at = 0, to = one * width; at < width; at++, to++)
        gradient[to] = (gradient[to] as number) + error * (row[at] as number);
    }
  }

  function probabilities(row: Float64Array): number[] {
    const logits: number[] = [];
    for (let one = 0; one < classes; one++) {
      let logit = 0;
      for (let at = 0, from = one * width; at < width; at++, from++)
        logit += (row[at] as number) * (weights[from] as number);
      logits.push(logit);
    }
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - highest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }
}

/** With a last feature that is always 1, whose weight is the offset. */
function withOne(features: readonly number[]): Float64Array {
  return Float64Array.of(...features, 1);
}
