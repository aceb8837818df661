import { agreementOf, type Agreement } from '../core/agreement/agreement.ts';
import { answersOf } from '../core/answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../core/answers/newest-answer.ts';
import { auditLedgers, type Uncollected } from '../core/audit/audit-ledgers.ts';
import { auditReviews, type AskedDatapoint, type Audit, type SentTask } from '../core/audit/audit-reviews.ts';
import { ledgerTasks } from '../core/audit/ledger-tasks.ts';
import { isNotNull } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { datasourceName, labelScheme, type LoopSpec } from '../core/loop-spec.ts';
import type { LedgerEntry as StoredEntry } from '../core/ledger/ledger-entry.ts';
import { isStale } from '../core/stale.ts';
import type { AnnotationBoard, DataEngine, ExperimentTracker, ResultItem } from '../core/ports.ts';
import { readLedgers } from './read-ledgers.ts';

/** What one person said of one datapoint. */
export interface LedgerEntry {
  readonly path: string;
  readonly cycle: number;
  readonly project: number;
  readonly task: number;
  readonly annotation: number;
  /** Label Studio's id of the person. */
  readonly annotator: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly leadTimeSeconds: number | null;
  /** MLflow run whose pre-annotation the person started from. */
  readonly startedFrom: string | null;
  readonly skipped: boolean;
  /** The class that it names; null for a skip, and for objects. */
  readonly label: string | null;
  /** The newest answer of its task. */
  readonly counts: boolean;
  /** The Data Engine holds it as `annotation`. */
  readonly collected: boolean;
}

export interface LoopAudit extends Audit {
  readonly entries: readonly LedgerEntry[];
  /** What the datapoints' ledgers hold. */
  readonly ledger: readonly ({ readonly path: string } & StoredEntry)[];
  readonly uncollected: Uncollected;
  /** Cycles whose models learnt from, or were measured on, labels that are others now. */
  readonly stale: readonly number[];
  /** Of classes; null where nobody labelled what another had, and for objects. */
  readonly agreement: Agreement | null;
}

/**
 * Reads all that a loop asked and was told, and holds the one against the other. Memory grows with what was asked, not with the pool.
 *
 * @throws DomainError when the loop has no datasource yet.
 */
export async function auditLoop(
  { engine, board, tracker }: { engine: DataEngine; board: AnnotationBoard; tracker: ExperimentTracker },
  spec: LoopSpec,
): Promise<LoopAudit> {
  const name = datasourceName(spec);
  const datasource = await engine.findDatasource({ name });
  if (!datasource)
    throw new DomainError(`The repository ${spec.repo} has no datasource "${name}": nothing was asked yet.`);
  const answers = answersOf(labelScheme(spec));
  const tasks: SentTask[] = [];
  const projects = new Set<number>();
  for (const { id: projectId, title } of await board.listProjects(`${spec.loop} cycle `)) {
    const cycle = Number(/^\d+/.exec(title.slice(`${spec.loop} cycle `.length))?.[0]);
    projects.add(projectId);
    for await (const page of board.listReviewedTasks(projectId))
      tasks.push(...page.map((task) => ({ ...task, projectId, cycle: task.cycle ?? cycle })));
  }
  // Asked last: what is sent meanwhile was selected before, and must not look like a stranger.
  const asked: AskedDatapoint[] = [];
  const { selectedInCycle, selectedAs, annotationSource, ledger } = fields;
  const hashes = new Map<string, string>();
  const pages = engine.queryDatapoints({
    datasourceId: datasource.id,
    where: isNotNull(selectedInCycle.name, selectedInCycle.valueType),
    select: [selectedInCycle.name, selectedAs.name, annotationSource.name, ledger.name],
  });
  for await (const { datapoints } of pages)
    for (const { path, fields: row } of datapoints) {
      if (row[ledger.name] !== undefined) hashes.set(path, String(row[ledger.name]));
      asked.push({
        path,
        cycle: Number(row[selectedInCycle.name]),
        purpose: String(row[selectedAs.name]),
        source: row[annotationSource.name] === undefined ? null : String(row[annotationSource.name]),
      });
    }
  const ledgers = await readLedgers(engine, hashes);
  tasks.push(...ledgerTasks(ledgers, projects));
  const book = auditLedgers({ asked, tasks, ledgers, projects });
  const sources = new Map(asked.map(({ path, source }) => [path, source]));
  const entries = tasks.flatMap((task) => {
    const newest = newestAnswer(task, answers);
    return task.annotations.map((one): LedgerEntry => ({
      path: task.key,
      cycle: task.cycle,
      project: task.projectId,
      task: task.taskId,
      annotation: one.id,
      annotator: one.completedBy,
      createdAt: one.createdAt,
      updatedAt: one.updatedAt,
      leadTimeSeconds: one.leadTimeSeconds,
      startedFrom: one.startedFrom?.modelVersion ?? null,
      skipped: one.wasCancelled,
      label: one.wasCancelled ? null : classOf(one.result),
      counts: one === newest,
      collected: sources.get(task.key) === sourceOfAnswer(task.projectId, one),
    }));
  });
  const opinions = entries.flatMap(({ path, annotator, label }) =>
    annotator === null || label === null ? [] : [{ path, annotator: String(annotator), label }],
  );
  const agreement = spec.task === 'classification' ? agreementOf(opinions, spec.classes) : null;
  const runs = await tracker.listRuns(await tracker.ensureExperiment(spec.loop));
  const { lines, faults } = auditReviews(asked, tasks, answers);
  return {
    lines,
    // What people deleted is cleared by the next collection.
    faults: [...faults.filter(({ path }) => !book.retracted.has(path)), ...book.faults],
    uncollected: book.uncollected,
    stale: runs.filter(({ tags }) => isStale(tags)).map(({ tags }) => Number(tags['labelloop.cycle'])),
    ledger: [...ledgers].flatMap(([path, { entries: own }]) => own.map((entry) => ({ path, ...entry }))),
    entries,
    agreement,
  };

  function classOf(result: readonly ResultItem[]): string | null {
    try {
      const truth = answers.truthOf(result, 'an annotation');
      return 'label' in truth ? truth.label : null;
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }
}
