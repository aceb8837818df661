import { farthestFirst } from './farthest-first.ts';
import type { StrategyInput } from './strategy.ts';

/**
 * Greedy k-center (core-set): the candidate farthest from all that is labelled or chosen. With no such yet, it starts at one by the seed.
 *
 * @see Sener and Savarese 2018, "Active Learning for Convolutional Neural Networks: A Core-Set Approach".
 */
export function kCenter(input: StrategyInput): Generator<number, void, boolean> {
  return farthestFirst(input, (distance) => distance);
}
