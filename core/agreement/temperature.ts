/** A probability of 0 has no logarithm. */
const smallest = 1e-30;

/**
 * Probabilities with their logarithms divided by a temperature: above 1 less sure, below 1 surer.
 *
 * @param probabilities - `[items][classes]`, rows that sum to 1.
 * @returns `[items][classes]`, rows that sum to 1.
 */
export function temperatureScaled(
  probabilities: readonly (readonly number[])[],
  temperature: number,
): number[][] {
  return probabilities.map((row) => {
    const powers = row.map((p) => Math.max(p, smallest) ** (1 / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
}
