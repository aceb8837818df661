import type { Datapoint } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import { ledgerValue, readLedger } from './read-ledger.ts';

interface Withdrawn {
  readonly datasourceId: string;
  readonly projectId: number;
  /** Asked by a cycle, with `selected_in_cycle` and `ledger`. */
  readonly rows: readonly Datapoint[];
  readonly why: string;
}

/** Writes into the ledgers of datapoints that were sent to the project that their tasks were taken back unanswered. Repeating it changes nothing. */
export async function recordWithdrawn(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  { datasourceId, projectId: project, rows, why }: Withdrawn,
  signal: AbortSignal,
): Promise<void> {
  const values = mapBounded(rows, 8, async ({ path, fields: row }) => {
    const ledger = await readLedger(deps, path, row[fields.ledger.name], signal);
    const cycle = Number(row[fields.selectedInCycle.name]);
    if (!ledger.entries.some((one) => one.event === 'sent' && one.project === project)) return [];
    return ledgerValue(path, ledger, [{ event: 'withdrawn', cycle, project, why }]);
  });
  const entries = (await keepAlive(values)).flat();
  if (entries.length > 0) await deps.engine.updateMetadata({ datasourceId, entries }, signal);
}
