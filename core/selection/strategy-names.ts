/** The ways to choose a batch; `strategies.ts` has what each does. */
export const strategyNames = [
  'top-k',
  'two-stage',
  'k-center',
  'badge',
  'typiclust',
  'probcover',
  'facility-location',
  'ranked-batch',
  'product',
  'random',
] as const;

export type StrategyName = (typeof strategyNames)[number];

/** Whether it compares feature vectors; the others need no more of the pool in memory than the batch. */
export function comparesVectors(strategy: StrategyName): boolean {
  return strategy !== 'top-k' && strategy !== 'random';
}
