import { hashUnit } from '../hash.ts';

/** Which part of each batch people answer without the model's suggestion: `review.blindShare` of `loop.yaml`. */
export interface BlindRule {
  /** 0..1. */
  readonly share: number;
  readonly seed: number;
}

/** Whether a datapoint is one of them: the seed and the path alone decide. */
export function isBlind(path: string, rule: BlindRule | undefined): boolean {
  return rule !== undefined && hashUnit(`blind/${rule.seed}`, path) < rule.share;
}
