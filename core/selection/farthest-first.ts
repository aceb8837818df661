import { BoundHeap } from './bound-heap.ts';
import { RoundedVectors } from './rounded-vectors.ts';
import type { StrategyInput } from './strategy.ts';
import { unitDistance } from './unit-vectors.ts';

/** Centres that a candidate is held against before it is asked again whether it still leads. */
const centresAtOnce = 32;
/** Distance of a candidate while there is no centre: no two unit vectors are farther apart. */
const farthest = 2;

/**
 * Proposes the candidate with the highest `worth` of its distance to the nearest centre, again and again; what is taken becomes a centre.
 * Exact, and lazy: distances only sink, so a candidate's last one bounds its worth, and only the one on top is brought up to date, first
 * roughly, and exactly when it still leads. That is a fraction of the distances, and each vector is read once for many centres.
 *
 * @param worth - Of a distance (0..2) and a row; must not fall as the distance grows.
 */
export function* farthestFirst(
  { candidates, centres, limit, embeddings }: StrategyInput,
  worth: (distance: number, row: number) => number,
): Generator<number, void, boolean> {
  const count = candidates.length;
  if (!embeddings || count === 0) return;
  const room = Math.min(limit, count);
  const vectors = new RoundedVectors(embeddings, [candidates, centres], room);
  let end = count + centres.length;
  const hasCentre = end > count;
  const seen = new Uint32Array(count).fill(hasCentre ? count + 1 : count);
  const nearest = hasCentre ? vectors.leastDots(count, count) : new Float64Array(count).fill(-1);
  const isExact = new Uint8Array(count);
  const bounds = new Float64Array(count);
  for (let at = 0; at < count; at++)
    bounds[at] = worth(hasCentre ? unitDistance(nearest[at] ?? -1) : farthest, candidates[at] ?? -1);
  const heap = new BoundHeap(bounds);
  for (let top = heap.top; top >= 0; top = heap.top) {
    const row = candidates[top] ?? -1;
    const from = seen[top] ?? end;
    let dot = nearest[top] ?? -1;
    if (from < end) {
      const to = Math.min(from + centresAtOnce, end);
      dot = isExact[top]
        ? vectors.largestDot(top, from, to, dot)
        : Math.max(vectors.leastLargestDot(top, from, to), dot);
      seen[top] = to;
    } else if (!isExact[top]) {
      dot = vectors.largestDot(top, count, end, -1);
      isExact[top] = 1;
    } else {
      heap.pop();
      if (!(yield row)) continue;
      vectors.add(row);
      end += 1;
      continue;
    }
    nearest[top] = dot;
    heap.lower(worth(unitDistance(dot), row));
  }
}
