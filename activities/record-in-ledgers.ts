import { heartbeat } from '@temporalio/activity';
import { equals } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { LedgerEntry } from '../core/ledger/ledger-entry.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import { ledgerValue, readLedger } from './read-ledger.ts';

/**
 * Adds an entry to the ledgers of datapoints that a cycle asks. Repeating it changes nothing.
 *
 * @param input - `entryOf`: what became of a datapoint, by its path and the purpose it is asked for; null: nothing.
 */
export async function recordInLedgers(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  input: {
    datasourceId: string;
    cycle: number;
    entryOf: (path: string, purpose: string) => LedgerEntry | null;
  },
  signal: AbortSignal,
): Promise<void> {
  const { selectedInCycle, selectedAs, ledger } = fields;
  const { datasourceId, cycle, entryOf } = input;
  const pages = deps.engine.queryDatapoints(
    {
      datasourceId,
      where: equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
      select: [selectedAs.name, ledger.name],
    },
    signal,
  );
  for await (const { datapoints } of pages) {
    const values = mapBounded(datapoints, 8, async ({ path, fields: row }) => {
      const entry = entryOf(path, String(row[selectedAs.name]));
      return entry ? ledgerValue(path, await readLedger(deps, path, row[ledger.name], signal), [entry]) : [];
    });
    const entries = (await keepAlive(values)).flat();
    if (entries.length > 0) await deps.engine.updateMetadata({ datasourceId, entries }, signal);
    heartbeat({ recorded: entries.length });
  }
}
