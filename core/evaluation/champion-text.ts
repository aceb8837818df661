import type { CycleSummary } from '../loop-state.ts';

/** `Champion: cycle 3's model; the newest is significantly worse than cycle 3's model: …` */
export function championText({
  champion,
  championReason,
}: Pick<CycleSummary, 'champion' | 'championReason'>): string {
  const whose = champion === null ? 'a model chosen by hand' : `cycle ${champion}'s model`;
  return `Champion: ${whose}${championReason === undefined ? '' : `; the newest is ${championReason}`}`;
}
