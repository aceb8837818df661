import type { LedgerEntry } from '../core/ledger/ledger-entry.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import { reviewEntries, type LedgerReview } from '../core/ledger/review-entries.ts';
import type { Verdict } from '../core/opinions/standing-answer.ts';
import type { SaidTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import type { AskedRow } from './asked-rows.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import { ledgerValue, readLedger } from './read-ledger.ts';

/**
 * Writes into the ledgers of a review's tasks what people did since they were last looked at. Repeating it changes nothing, wherever an earlier attempt
 * died. A task whose datapoint the cycle did not ask has no ledger here.
 *
 * @param tasks - Without annotations where the task is gone.
 * @param verdicts - Of an adjudicator about a cycle's tasks, by path.
 */
export async function recordReviewed(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  review: { readonly datasourceId: string; readonly project: number; readonly noticedAt: string },
  tasks: readonly SaidTask[],
  rows: ReadonlyMap<string, AskedRow>,
  signal: AbortSignal,
  verdicts: { readonly cycle: number; readonly byPath: ReadonlyMap<string, Verdict> } | null = null,
): Promise<void> {
  const { datasourceId, noticedAt, project } = review;
  const values = mapBounded(tasks, 8, async (task) => {
    const row = rows.get(task.key);
    if (!row) return [];
    const ledger = await readLedger(deps, task.key, row.ledger, signal);
    const { cycle } = row;
    const entries = [
      ...reviewEntries(ledger, task, { cycle, project }, noticedAt),
      ...(verdicts?.cycle === cycle
        ? verdictEntries(ledger, verdicts.byPath.get(task.key), { cycle, project }, noticedAt)
        : []),
    ];
    const isSent = ledger.entries.some((one) => one.event === 'sent' && one.cycle === cycle);
    return ledgerValue(task.key, ledger, isSent ? entries : [sentEntry(row), ...entries]);
  });
  const entries = (await keepAlive(values)).flat();
  if (entries.length > 0) await deps.engine.updateMetadata({ datasourceId, entries }, signal);

  /** Of a review that was opened before there were ledgers. */
  function sentEntry({ cycle, purpose }: AskedRow): LedgerEntry {
    return { event: 'sent', cycle, project, purpose, suggestedBy: null };
  }
}

/** Of the cycle's other project, where the adjudicator answers. */
function verdictEntries(
  ledger: Ledger,
  verdict: Verdict | undefined,
  { cycle, project }: LedgerReview,
  noticedAt: string,
): LedgerEntry[] {
  const known = ledger.standing().find((one) => one.cycle === cycle && one.project !== project);
  const place = verdict?.projectId ?? known?.project;
  return place === undefined
    ? []
    : reviewEntries(ledger, verdict ?? null, { cycle, project: place }, noticedAt);
}
