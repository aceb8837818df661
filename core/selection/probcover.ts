import { BoundHeap } from './bound-heap.ts';
import { BallGraph } from './ball-graph.ts';
import { kMeans } from './k-means.ts';
import type { StrategyInput } from './strategy.ts';

/** Candidates whose balls the radius is judged by; of a larger pool the first by the seed. */
const maxJudged = 1000;

/**
 * ProbCover, for few labels: the candidate whose ball of radius δ holds most that no ball of a labelled or chosen one covers; ties by the
 * seed. Lazy greedy over a graph that is looked up, not stored, so memory grows with the candidates only.
 *
 * δ is `radius`, else the largest whose balls are pure, to a share of `purity`: hold candidates of one k-means cluster only.
 *
 * @see Yehuda et al. 2022, "Active Learning Through a Covering Lens".
 */
export function* probCover({
  candidates,
  centres,
  embeddings,
  options,
  random,
}: StrategyInput): Generator<number, void, boolean> {
  const count = candidates.length;
  if (!embeddings || count === 0) return;
  const graph = new BallGraph(candidates, embeddings, random);
  const radius = options.radius ?? pureRadius();
  const covered = new Uint8Array(count);
  for (const row of centres) for (const at of graph.ball(row, radius)) covered[at] = 1;

  const heap = new BoundHeap(new Float64Array(count).fill(Infinity));
  const judged = new Int32Array(count).fill(-1);
  let taken = 0;
  for (let top = heap.top; top >= 0; top = heap.top) {
    const row = candidates[top] ?? -1;
    if (judged[top] !== taken) {
      judged[top] = taken;
      let uncovered = 0;
      for (const at of graph.ball(row, radius)) if (covered[at] === 0) uncovered += 1;
      heap.lower(uncovered);
      continue;
    }
    heap.pop();
    if (!(yield row)) continue;
    for (const at of graph.ball(row, radius)) covered[at] = 1;
    taken += 1;
  }

  function pureRadius(): number {
    if (!embeddings) return 0;
    const clusters = kMeans(candidates, embeddings, options.classes, random).of;
    return largestPureRadius(graph, candidates, clusters, options.purity);
  }
}

/**
 * The largest radius at which a share of `purity` of the (open) balls hold points of their own cluster only.
 *
 * @param clusters - `[candidates]`.
 */
export function largestPureRadius(
  graph: BallGraph,
  candidates: Int32Array,
  clusters: Int32Array,
  purity: number,
): number {
  const judged = Math.min(candidates.length, maxJudged);
  const toOthers = Float64Array.from({ length: judged }, (_, at) =>
    graph.nearestDistance(candidates[at] ?? -1, (other) => clusters[other] !== clusters[at]),
  ).sort();
  return toOthers[Math.floor((1 - purity) * judged + 1e-9)] ?? 0;
}
