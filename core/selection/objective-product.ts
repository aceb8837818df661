import { farthestFirst } from './farthest-first.ts';
import type { StrategyInput } from './strategy.ts';

/**
 * The product of the objectives, each to the power of its strength: informativeness, and distance to the nearest labelled or chosen one.
 * A product is free of the objectives' scales. A negative informativeness counts as 0.
 */
export function objectiveProduct(input: StrategyInput): Generator<number, void, boolean> {
  const { informativeness, options } = input;
  const { score, distance } = options.strengths;
  return farthestFirst(
    input,
    (far, row) => Math.max(informativeness?.[row] ?? 0, 0) ** score * far ** distance,
  );
}
