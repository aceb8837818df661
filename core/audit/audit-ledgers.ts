import { answersInSource } from '../opinions/answers-in-source.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { entryKey } from '../ledger/ledger-entry.ts';
import type { AskedDatapoint, AuditFault, SentTask } from './audit-reviews.ts';

/** What people did that the next collection will write into the ledgers; nothing of it is lost meanwhile. */
export interface Uncollected {
  /** Annotations, skips included. */
  readonly added: number;
  readonly corrected: number;
  readonly deleted: number;
}

export interface LedgerAudit {
  readonly faults: readonly AuditFault[];
  readonly uncollected: Uncollected;
  /** Paths of the deleted. */
  readonly retracted: ReadonlySet<string>;
}

/**
 * Holds the ledgers against the Data Engine and Label Studio. Faults are: an entry twice, an annotation in the Data Engine that its ledger does not
 * know, and a datapoint that its ledger says was sent, though its project has no task of it and nobody took it back.
 *
 * @param input - `ledgers` by path; `projects`: ids of those that Label Studio has.
 */
export function auditLedgers({
  asked,
  tasks,
  ledgers,
  projects,
}: {
  asked: readonly AskedDatapoint[];
  tasks: readonly SentTask[];
  ledgers: ReadonlyMap<string, Ledger>;
  projects: ReadonlySet<number>;
}): LedgerAudit {
  const faults: AuditFault[] = [];
  const uncollected = { added: 0, corrected: 0, deleted: 0 };
  const retracted = new Set<string>();
  const there = new Map<string, Set<string>>();
  const sent = new Set(tasks.map(({ key, projectId }) => `${projectId} ${key}`));
  for (const { key, projectId, annotations } of tasks.flatMap(withVerdicts)) {
    const own = there.get(key) ?? new Set();
    there.set(key, own);
    for (const { id } of annotations) own.add(`${projectId}/${id}`);
    const standing = ledgers.get(key)?.standing() ?? [];
    for (const { id, updatedAt } of annotations) {
      const known = standing.find((one) => one.project === projectId && one.annotation === id);
      if (!known) uncollected.added += 1;
      else if (known.updatedAt !== updatedAt) uncollected.corrected += 1;
    }
  }
  for (const { path, cycle, source } of asked) {
    const ledger = ledgers.get(path);
    const entries = ledger?.entries ?? [];
    const twice = new Set(entries.map(entryKey)).size < entries.length;
    if (twice) faults.push({ path, text: 'has an entry twice in its ledger.' });
    const known = new Set(entries.map(entryKey));
    for (const { projectId, id, updatedAt } of answersInSource(source ?? '')) {
      const place = `${projectId}/${id}@${updatedAt}`;
      if (!known.has(`answered ${place}`))
        faults.push({
          path,
          text: `holds the answer ${place}, which its ledger does not know; "labelloop collect" writes it.`,
        });
    }
    for (const one of ledger?.standing() ?? [])
      if (projects.has(one.project) && there.get(path)?.has(`${one.project}/${one.annotation}`) !== true) {
        uncollected.deleted += 1;
        retracted.add(path);
      }
    const isBack = entries.some((one) => one.event === 'withdrawn' && one.cycle === cycle);
    for (const one of entries)
      if (one.event === 'sent' && one.cycle === cycle && !isBack && projects.has(one.project))
        if (!sent.has(`${one.project} ${path}`))
          faults.push({
            path,
            text: `was sent to project ${one.project} in cycle ${cycle}, which has no task of it: somebody deleted it there.`,
          });
  }
  return { faults, uncollected, retracted };
}

/** The task, and what was answered about it in the adjudicator's project. */
function withVerdicts({
  verdicts,
  ...task
}: SentTask): Pick<SentTask, 'key' | 'projectId' | 'annotations'>[] {
  return [task, ...(verdicts ? [{ ...verdicts, key: task.key }] : [])];
}
