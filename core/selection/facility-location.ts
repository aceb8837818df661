import { BoundHeap } from './bound-heap.ts';
import type { StrategyInput } from './strategy.ts';

/** Candidates that are to be represented; of a larger pool the first by the seed, which estimate the rest without bias. */
const maxRepresented = 5000;

/**
 * Facility location, by lazy greedy: the candidate that adds most to `Σ_i max over chosen s of sim(i, s)`, where sim = (1 + cosine)/2 and
 * what is labelled counts as chosen. Up to 5,000 candidates i are all of them; no matrix of pairs is kept.
 *
 * @see Wei, Iyer, Bilmes 2015, "Submodularity in Data Subset Selection and Active Learning"; Minoux 1978 for the laziness.
 */
export function* facilityLocation({
  candidates,
  centres,
  embeddings,
}: StrategyInput): Generator<number, void, boolean> {
  const count = candidates.length;
  if (!embeddings || count === 0) return;
  const represented = Math.min(count, maxRepresented);
  const rows = embeddings.gather([candidates], 1);
  // As dot products: sim rises with them, and a gain is half of what they rise.
  const best = new Float64Array(represented).fill(-1);
  for (const row of centres) {
    embeddings.write(row, rows, count);
    represent(count);
  }
  const heap = new BoundHeap(new Float64Array(count).fill(Infinity));
  const judged = new Int32Array(count).fill(-1);
  let taken = 0;
  for (let top = heap.top; top >= 0; top = heap.top) {
    if (judged[top] !== taken) {
      judged[top] = taken;
      heap.lower(gain(rows.dots(top, 0, represented), best));
      continue;
    }
    heap.pop();
    if (!(yield candidates[top] ?? -1)) continue;
    represent(top);
    taken += 1;
  }

  function represent(position: number): void {
    rows.dots(position, 0, represented).forEach((dot, at) => {
      best[at] = Math.max(best[at] ?? -1, dot);
    });
  }
}

function gain(dots: Float32Array, best: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < best.length; at++) sum += Math.max((dots[at] ?? 0) - (best[at] ?? 0), 0);
  return sum;
}
