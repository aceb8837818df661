import { assertBoxes, type ScoredBox } from './box-scores.ts';

/**
 * How many boxes a slightly other threshold would show or hide: those with `|score − threshold| < within`.
 *
 * @param boxes - Of scores in 0..1.
 * @returns A count; higher asks a person first. 0 without boxes.
 * @throws DomainError naming the box whose score is outside 0..1. Never retried.
 */
export function nearThresholdCount(
  boxes: readonly ScoredBox[],
  { threshold, within }: { readonly threshold: number; readonly within: number },
): number {
  assertBoxes(boxes);
  return boxes.filter(({ score }) => Math.abs(score - threshold) < within).length;
}
