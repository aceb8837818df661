import { farthestFirst } from './farthest-first.ts';
import type { StrategyInput } from './strategy.ts';

/**
 * Ranked batch: the candidate with the highest `α(1 − 1/(1 + d)) + (1 − α)u`, d its distance to the nearest labelled or chosen one, u its
 * informativeness. α is fixed by configuration: taken from the sizes of pool and labels, as it was published, it is near 1 for
 * thousands of labels and the scores decide nothing.
 *
 * @see Cardoso et al. 2017, "Ranked Batch-Mode Active Learning".
 */
export function rankedBatch(input: StrategyInput): Generator<number, void, boolean> {
  const { informativeness, options } = input;
  const { alpha } = options;
  return farthestFirst(
    input,
    (distance, row) => alpha * (1 - 1 / (1 + distance)) + (1 - alpha) * (informativeness?.[row] ?? 0),
  );
}
