import { annotationOf } from '../ledger/annotation-of.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SentTask } from './audit-reviews.ts';

/**
 * The tasks of projects that Label Studio no longer has, as the ledgers know them.
 *
 * @param ledgers - By path.
 * @param projects - Ids of those that it has.
 */
export function ledgerTasks(
  ledgers: ReadonlyMap<string, Ledger>,
  projects: ReadonlySet<number>,
): readonly SentTask[] {
  return [...ledgers].flatMap(([key, ledger]) => {
    const withdrawn = new Set(ledger.entries.filter((one) => one.event === 'withdrawn').map(placeOf));
    return ledger.entries
      .filter((one) => one.event === 'sent' && !projects.has(one.project) && !withdrawn.has(placeOf(one)))
      .map(({ project: projectId, cycle }) => {
        const own = ledger.standing().filter((one) => one.project === projectId && one.cycle === cycle);
        const [first] = own;
        return {
          key,
          taskId: first?.task ?? 0,
          projectId,
          cycle,
          annotations: own.map(annotationOf),
        };
      });
  });
}

function placeOf({ project, cycle }: { project: number; cycle: number }): string {
  return `${project} of ${cycle}`;
}
