import { heartbeat } from '@temporalio/activity';
import { equals } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { LedgerReview } from '../core/ledger/review-entries.ts';
import type { ReviewTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import { ledgerValue, readLedger } from './read-ledger.ts';

/** Writes into the ledger of each task's datapoint that people were asked, and by which model's suggestion. Repeating it changes nothing. */
export async function recordSent(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  input: { datasourceId: string; review: LedgerReview; tasks: readonly ReviewTask[] },
  signal: AbortSignal,
): Promise<void> {
  const { selectedInCycle, selectedAs, ledger } = fields;
  const { datasourceId, review } = input;
  const tasks = new Map(input.tasks.map((task) => [task.key, task]));
  const pages = deps.engine.queryDatapoints(
    {
      datasourceId,
      where: equals(selectedInCycle.name, review.cycle, selectedInCycle.valueType),
      select: [selectedAs.name, ledger.name],
    },
    signal,
  );
  for await (const { datapoints } of pages) {
    const sent = datapoints.filter(({ path }) => tasks.has(path));
    const values = mapBounded(sent, 8, async ({ path, fields: row }) => {
      const known = await readLedger(deps, path, row[ledger.name], signal);
      const suggestedBy = tasks.get(path)?.prediction?.modelVersion ?? null;
      const purpose = String(row[selectedAs.name]);
      return ledgerValue(path, known, [{ event: 'sent', ...review, purpose, suggestedBy }]);
    });
    const entries = (await keepAlive(values)).flat();
    if (entries.length > 0) await deps.engine.updateMetadata({ datasourceId, entries }, signal);
    heartbeat({ recorded: sent.length });
  }
}
