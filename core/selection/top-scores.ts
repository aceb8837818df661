import { BoundHeap } from './bound-heap.ts';
import type { StrategyInput } from './strategy.ts';

/** The candidate with the highest informativeness. */
export function* topScores({
  candidates,
  informativeness,
}: Pick<StrategyInput, 'candidates' | 'informativeness'>): Generator<number, void, boolean> {
  const heap = new BoundHeap(Float64Array.from(candidates, (row) => informativeness?.[row] ?? 0));
  while (heap.top >= 0) {
    yield candidates[heap.top] ?? -1;
    heap.pop();
  }
}
