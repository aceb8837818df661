import { keptEntries, type CycleSummary } from './loop-state.ts';

/** The learning curve with a row for its cycle, in place of an earlier one; the rows before it are shortened to what cannot be found elsewhere. */
export function withCycle(history: readonly CycleSummary[], summary: CycleSummary): CycleSummary[] {
  const earlier = history.filter(({ cycle }) => cycle !== summary.cycle);
  return [...earlier.map(olderRow), summary].slice(-keptEntries);
}

/** The rows as the next run gets them: without what only the run that measured them tells. */
export function carriedHistory(history: readonly CycleSummary[]): CycleSummary[] {
  return history.map(
    ({ championReason: _, setAside: __, entropy: ___, gain: ____, arm: _____, ...row }) => row,
  );
}

/** Without what can be found by its model's version. */
function olderRow({ runId, runUrl: _, championReason: __, ...row }: CycleSummary): CycleSummary {
  return row.modelVersion === null && runId !== undefined ? { ...row, runId } : row;
}
