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
