import { agreementOf, type Agreement } from '../core/agreement/agreement.ts';
import { objectAgreementOf, type ObjectAgreement } from '../core/agreement/object-agreement.ts';
import { opinionsByKind, type TruthOpinion } from '../core/agreement/truth-opinions.ts';
import { answersOf } from '../core/answers/answers.ts';
import { truthOrNull } from '../core/answers/truth-or-null.ts';
import { auditLedgers, type Uncollected } from '../core/audit/audit-ledgers.ts';
import { auditReviews, type AskedDatapoint, type Audit, type SentTask } from '../core/audit/audit-reviews.ts';
import { ledgerTasks } from '../core/audit/ledger-tasks.ts';
import { askedBefore } from '../core/asked-before.ts';
import { anyOf, isNotNull } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { backInPool, fields } from '../core/fields.ts';
import { datasourceName, labelScheme, type LoopSpec } from '../core/loop-spec.ts';
import type { LedgerEntry as StoredEntry } from '../core/ledger/ledger-entry.ts';
import { answersInSource, type AnnotationPlace } from '../core/opinions/answers-in-source.ts';
import { newestVerdict } from '../core/opinions/newest-verdict.ts';
import { opinionRule, verdictTitle } from '../core/opinions/opinion-rule.ts';
import { standingAnswer } from '../core/opinions/standing-answer.ts';
import type { AnnotationBoard, DataEngine, ExperimentTracker } from '../core/ports.ts';
import { cycleOfTitle, reviewTitles, withdrawnTitle } from '../core/review-title.ts';
import { isStale } from '../core/stale.ts';
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
  /** The task's annotation is made of it: the newest answer, or one of several people's, or the adjudicator's. */
  readonly counts: boolean;
  /** The Data Engine holds it as `annotation`. */
  readonly collected: boolean;
}

export interface LoopAudit extends Audit {
  readonly entries: readonly LedgerEntry[];
  /** What the datapoints' ledgers hold. */
  readonly ledger: readonly ({ readonly path: string } & StoredEntry)[];
  readonly uncollected: Uncollected;
  /** Images that are never asked again, with the reason. */
  readonly excluded: readonly { readonly path: string; readonly why: string }[];
  /** Cycles whose models learnt from, or were measured on, labels that are others now. */
  readonly stale: readonly number[];
  /** Of classes; null where nobody labelled what another had, and for objects. */
  readonly agreement: Agreement | null;
  /** Of objects; null where nobody looked at what another had, and for classes. */
  readonly objects: ObjectAgreement | null;
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
  /** Withdrawn, and answered all the same. */
  const late: SentTask[] = [];
  const projects = new Set<number>();
  const rule = opinionRule(spec);
  const verdicts = new Map<string, SentTask>();
  for (const { id: projectId, title } of await board.listProjects(reviewTitles(spec.loop))) {
    const cycle = cycleOfTitle(spec.loop, title) ?? NaN;
    projects.add(projectId);
    const ofVerdicts = rule && title === verdictTitle(rule, cycle);
    const isShelf = title === withdrawnTitle(spec.loop, cycle);
    for await (const page of board.listReviewedTasks(projectId, undefined, { answered: isShelf }))
      for (const task of page.map((one) => ({ ...one, projectId, cycle: one.cycle ?? cycle })))
        if (ofVerdicts) verdicts.set(task.key, task);
        else (isShelf ? late : tasks).push(task);
  }
  const person = rule?.adjudicator === undefined ? null : await board.findPerson(rule.adjudicator);
  // Asked last: what is sent meanwhile was selected before, and must not look like a stranger.
  const asked: AskedDatapoint[] = [];
  const hashes = new Map<string, string>();
  const excluded: { path: string; why: string }[] = [];
  const { selectedInCycle, selectedAs, annotationSource, askedBefore: before, ledger } = fields;
  const pages = engine.queryDatapoints({
    datasourceId: datasource.id,
    where: anyOf(
      isNotNull(selectedInCycle.name, selectedInCycle.valueType),
      isNotNull(fields.excluded.name, fields.excluded.valueType),
    ),
    select: [selectedInCycle, selectedAs, annotationSource, before, ledger, fields.excluded].map(
      ({ name }) => name,
    ),
  });
  for await (const { datapoints } of pages)
    for (const { path, fields: row } of datapoints) {
      const why = row[fields.excluded.name];
      if (why !== undefined) excluded.push({ path, why: String(why) });
      if (row[selectedInCycle.name] === undefined) continue;
      if (row[ledger.name] !== undefined) hashes.set(path, String(row[ledger.name]));
      asked.push({
        path,
        cycle: Number(row[selectedInCycle.name]),
        purpose: String(row[selectedAs.name]),
        before: askedBefore(row[before.name]),
        source: row[annotationSource.name] === undefined ? null : String(row[annotationSource.name]),
      });
    }
  const askedIn = new Map(asked.map(({ path, cycle }) => [path, cycle]));
  tasks.push(...late.filter(({ key, cycle }) => askedIn.get(key) === cycle));
  const toTakeUp = late.filter(
    ({ key, annotations }) =>
      askedIn.get(key) === backInPool && annotations.some(({ wasCancelled }) => !wasCancelled),
  );
  const ledgers = await readLedgers(engine, hashes);
  tasks.push(...ledgerTasks(ledgers, projects));
  const sources = new Map(asked.map(({ path, source }) => [path, answersInSource(source ?? '')]));
  const entries: LedgerEntry[] = [];
  const opinions: TruthOpinion[] = [];
  const standings = new Map<SentTask, ReturnType<typeof standingAnswer>>();
  for (const [index, sent] of tasks.entries()) {
    const asVerdict = verdicts.get(sent.key);
    const task = { ...sent, ...(asVerdict && { verdicts: asVerdict }) };
    tasks[index] = task;
    const verdict = newestVerdict(asVerdict, person, answers);
    const standing = standingAnswer(task, task.projectId, { answers, rule, verdict });
    standings.set(task, standing);
    const counting = answersInSource(standing.answer?.source ?? '');
    for (const { projectId, taskId, annotations } of [task, ...(asVerdict ? [asVerdict] : [])])
      for (const one of annotations) {
        const isThis = (place: AnnotationPlace) =>
          place.projectId === projectId && place.id === one.id && place.updatedAt === one.updatedAt;
        const truth = one.wasCancelled ? null : truthOrNull(answers, one.result);
        entries.push({
          path: task.key,
          cycle: task.cycle,
          project: projectId,
          task: taskId,
          annotation: one.id,
          annotator: one.completedBy,
          createdAt: one.createdAt,
          updatedAt: one.updatedAt,
          leadTimeSeconds: one.leadTimeSeconds,
          startedFrom: one.startedFrom?.modelVersion ?? null,
          skipped: one.wasCancelled,
          label: truth && 'label' in truth ? truth.label : null,
          counts: counting.some(isThis),
          collected: (sources.get(task.key) ?? []).some(isThis),
        });
        if (projectId === task.projectId && truth && one.completedBy !== null)
          opinions.push({ path: task.key, annotator: String(one.completedBy), truth });
      }
  }
  const audit = auditReviews(asked, tasks, answers, (task) => {
    const standing = standings.get(task);
    return { state: standing?.state ?? 'open', source: standing?.answer?.source ?? null };
  });
  const { labels, drawn } = opinionsByKind(opinions);
  const book = auditLedgers({ asked, tasks: [...tasks, ...toTakeUp], ledgers, projects });
  const runs = await tracker.listRuns(await tracker.ensureExperiment(spec.loop));
  return {
    lines: audit.lines,
    // What people deleted is cleared by the next collection.
    faults: [...audit.faults.filter(({ path }) => !book.retracted.has(path)), ...book.faults],
    uncollected: book.uncollected,
    stale: runs.filter(({ tags }) => isStale(tags)).map(({ tags }) => Number(tags['labelloop.cycle'])),
    ledger: [...ledgers].flatMap(([path, { entries: own }]) => own.map((entry) => ({ path, ...entry }))),
    entries,
    excluded,
    agreement: agreementOf(labels, spec.classes),
    objects: objectAgreementOf(drawn),
  };
}
