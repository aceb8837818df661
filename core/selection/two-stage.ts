import { kCenter } from './k-center.ts';
import type { StrategyInput } from './strategy.ts';
import { topScores } from './top-scores.ts';

/**
 * First the β·size candidates with the highest informativeness, then greedy k-center among them. When all of these are proposed, the rest
 * by informativeness. Only the candidates of the second stage need their vectors, so a pool of millions is as quick as its scores.
 */
export function* twoStage(input: StrategyInput): Generator<number, void, boolean> {
  const byScore = topScores(input);
  const wanted = Math.ceil(input.options.beta * input.size);
  const first = new Int32Array(Math.min(wanted, input.candidates.length));
  for (let at = 0; at < first.length; at++) first[at] = byScore.next(true).value ?? -1;
  yield* kCenter({ ...input, candidates: first });
  yield* byScore;
}
