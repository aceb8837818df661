import type { ResultItem } from '../ports.ts';
import type { RegionCounts } from './review-metrics.ts';

/** What became of a suggestion's regions, by the `origin` of those in the answer. */
export function regionCounts(
  suggested: readonly ResultItem[],
  answered: readonly ResultItem[],
): RegionCounts {
  const of = (origin: string) => answered.filter((item) => item['origin'] === origin).length;
  const [kept, changed] = [of('prediction'), of('prediction-changed')];
  return {
    kept,
    changed,
    added: answered.length - kept - changed,
    deleted: Math.max(0, suggested.length - kept - changed),
  };
}
