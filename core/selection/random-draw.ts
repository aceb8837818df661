import type { StrategyInput } from './strategy.ts';

/** The candidates in their order, which the seed decides: at random, whatever the model thinks. */
export function* randomDraw({ candidates }: StrategyInput): Generator<number, void, boolean> {
  yield* candidates;
}
