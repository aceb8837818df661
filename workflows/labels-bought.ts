import type { LoopState } from '../core/loop-state.ts';

/** Labels that count against the budget: a second opinion costs one, too. */
export function labelsBought({ furtherLabels = 0 }: LoopState, trainLabels: number): number {
  return trainLabels + furtherLabels;
}
