import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { annotationBlob, resultOfBlob } from '../core/annotation-blob.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { OpinionRule } from '../core/opinions/opinion-rule.ts';
import { standingAnswer, type StandingAnswer } from '../core/opinions/standing-answer.ts';
import type { ReviewedTask } from '../core/ports.ts';
import type { CostRate, PeopleWork } from '../core/pre-annotation/work-cost.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { settleSkips } from './ask-again.ts';
import { adoptAnnotations } from './adopt-annotations.ts';
import { askedRows, type AskedRow } from './asked-rows.ts';
import { classTies } from './class-ties.ts';
import { cachedBlob } from './blob-cache.ts';
import { clearAnnotations } from './clear-annotations.ts';
import { countLabelTime } from './label-time-metric.ts';
import { lateReviews } from './late-reviews.ts';
import { lossEntry } from './loss-entry.ts';
import { markStale } from './mark-stale.ts';
import { PeopleLog } from './people-log.ts';
import { recordReviewed } from './record-reviewed.ts';
import { ReviewWatch } from './review-watch.ts';
import { readVerdicts } from './verdicts.ts';
import { withdrawRest } from './withdraw-rest.ts';

/** Of those that cannot be taken, so many are told. */
const toldAnswers = 3;

export interface CollectAnnotationsInput {
  readonly loop: string;
  readonly datasourceId: string;
  readonly scheme: LabelScheme;
  /** Those that somebody may still answer. The loop's others are looked at for what changed in them since. */
  readonly reviews: readonly CollectedFrom[];
  /** Skipped images are asked again once, then excluded. Default: they are left as they are. */
  readonly askAgain?: boolean | undefined;
  /** The loop has one project, with the tasks of all cycles. Default: one a cycle and part. */
  readonly oneProject?: boolean;
  /** The others are read as a whole, deleted tasks included. */
  readonly whole?: boolean;
  /** Where several people answer some tasks. */
  readonly opinions?: OpinionRule;
  /** What people's time costs; absent: it is not counted. */
  readonly cost?: CostRate;
  /** Whether to tell what people made of suggestions. */
  readonly tell?: true;
}

/** A review to look at. */
export interface CollectedFrom {
  readonly projectId: number;
  readonly cycle: number;
  /** Why the tasks that nobody answered go back to the pool first; absent: they stay open. */
  readonly withdraw?: string | undefined;
  /** Only tasks that changed after that moment are looked at. */
  readonly changedSince?: string;
}

export interface CollectedReview {
  readonly projectId: number;
  /** Annotations written now. */
  readonly collected: number;
  /** Annotations that were there already. */
  readonly unchanged: number;
  readonly skipped: number;
  /**
   * Tasks nobody answered, those that wait for more people or the adjudicator, and those whose answer says what the loop cannot take: it is left where
   * it is until somebody corrects it.
   */
  readonly open: number;
  /** Why, of the first of the latter; absent without. */
  readonly refused?: readonly string[];
  /** Tasks withdrawn now, images to be asked again and images excluded; each absent for none. */
  readonly withdrawn?: number;
  readonly again?: number;
  readonly excluded?: number;
  /** Annotations that came into the Data Engine otherwise, taken over now; absent for none. */
  readonly adopted?: number;
  /** Annotations that people deleted, where no other answer is left; absent without. */
  readonly cleared?: number;
  /** Cycles whose models learnt from labels that were corrected or deleted since; absent without. */
  readonly stale?: readonly number[];
  /** What the answers of the review took; absent where it is not counted. */
  readonly work?: PeopleWork;
  /** What people made of the suggestions, in a sentence; absent where nobody wants to know, or began from one. */
  readonly suggestions?: string;
}

export function collectAnnotationsActivity(
  deps: Pick<ActivityDeps, 'engine' | 'board' | 'tracker' | 'workDir'>,
) {
  const { engine, board, tracker } = deps;
  return {
    /**
     * Step 11: writes the newest answer of every task into `annotation`. Key: annotation id and `updated_at`, kept in
     * `annotation_source`; an answer that is there already is left alone, a corrected one replaces it, and where all are gone `annotation` is
     * cleared. Skips, and answers that answer nothing (a class loop's without a choice), are counted and not written. Beside it goes `pred_loss`:
     * how wrong the prediction was that stood before the answer. What people made of the model's suggestions becomes metrics of its run.
     *
     * Before anything else each datapoint's ledger gets what people did, skips and every version of every annotation included; and models that learnt
     * from a label which is another now are marked as stale.
     *
     * Where several people answer a task it is what they say together, or the adjudicator's verdict, their own answers before it in the blob; while they
     * are in dispute nothing is written.
     *
     * What came into `annotation` otherwise, for datapoints whose tasks nobody touched, is taken over with their tasks withdrawn.
     *
     * An answer that names a class the loop does not have, or is of another shape, holds up nothing: its task counts as open, so that a
     * correction is collected later, and is told with the reason.
     *
     * @returns The reviews that were given, then those of the others in which something changed.
     */
    async collectAnnotations(input: CollectAnnotationsInput): Promise<readonly CollectedReview[]> {
      const results: CollectedReview[] = [];
      for (const review of input.reviews) results.push(await collect(input, review));
      for await (const review of lateReviews(deps, input, cancellationSignal())) {
        const late = await collect(input, review, review.rows);
        if (late.collected > 0 || late.cleared || late.refused) results.push(late);
      }
      return results;
    },
  };

  async function collect(
    input: CollectAnnotationsInput,
    { projectId, cycle, withdraw: why, changedSince }: CollectedFrom,
    known?: ReadonlyMap<string, AskedRow>,
  ): Promise<CollectedReview> {
    const signal = cancellationSignal();
    const { datasourceId, loop } = input;
    const withdrawn =
      why === undefined ? 0 : await withdrawRest(deps, { datasourceId, projectId, cycle, why }, signal);
    const skipped = new Set<string>();
    const answers = answersOf(input.scheme);
    const watch = new ReviewWatch(answers);
    const people = new PeopleLog(answers, input.scheme, input.cost);
    const rows =
      known ?? (await askedRows(engine, { datasourceId, cycle: input.oneProject ? null : cycle }, signal));
    const noticedAt = new Date(activityInfo().scheduledTimestampMs).toISOString();
    const review = { datasourceId, project: projectId, noticedAt };
    const counts = { collected: 0, unchanged: 0, skipped: 0, open: 0 };
    const refused: string[] = [];
    const foreign =
      changedSince === undefined
        ? await adoptAnnotations(deps, { datasourceId, projectId, answers }, rows, signal)
        : null;
    for (const reason of foreign?.refused ?? []) refuse(reason);
    const stale = new Set<number>();
    let clearedCount = 0;
    const seen = new Set<string>();
    const isHeld = (row: AskedRow | undefined) => row?.source?.startsWith(`${projectId}/`) === true;
    const rule = input.opinions;
    const verdicts = await readVerdicts(board, { rule, cycle, answers }, signal);
    const tie = await classTies(board, { projectId, rule, scheme: input.scheme, answers }, signal);
    for await (const tasks of board.listReviewedTasks(projectId, signal, changedSince)) {
      await recordReviewed(
        deps,
        review,
        tasks,
        rows,
        signal,
        verdicts.isKnown ? { cycle, byPath: verdicts.given } : null,
      );
      const entries: MetadataEntry[] = [];
      const sources: MetadataEntry[] = [];
      const changes = new Map<string, Truth | null>();
      for (const task of tasks) {
        seen.add(task.key);
        const verdict = verdicts.given.get(task.key);
        const standing = standingAnswer(task, projectId, { answers, rule, verdict, tie });
        const { answer, state, given } = standing;
        for (const reason of standing.refused) refuse(reason);
        const row = rows.get(task.key);
        const ofCycle = row?.cycle ?? cycle;
        // Of an earlier cycle they were counted at its step.
        if (ofCycle === cycle) {
          people.add(task.key, standing, row?.predRun);
          const hidden = await hiddenSuggestion(task.key, row);
          const consensus = given.length > 1 && answer ? (truthOf(answer, task) ?? undefined) : undefined;
          for (const one of given) watch.add(one, { hidden, consensus });
        }
        // What some of the people asked have said is taken, and the rest still waited for.
        if (state !== 'settled') counts[state === 'skipped' ? 'skipped' : 'open'] += 1;
        if (state === 'skipped') skipped.add(task.key);
        if (!answer) {
          const isGone = given.length === 0 && isHeld(row);
          // The adjudicator took the verdict back.
          const isReopened =
            verdicts.isKnown &&
            ofCycle === cycle &&
            state === 'undecided' &&
            row?.source !== undefined &&
            !isHeld(row);
          if (isGone || isReopened) changes.set(task.key, null);
          continue;
        }
        if (row?.source === answer.source) {
          counts.unchanged += 1;
          continue;
        }
        const truth = truthOf(answer, task);
        if (truth === null) {
          counts.open += 1;
          continue;
        }
        if (row?.source !== undefined) changes.set(task.key, truth);
        entries.push(...annotationEntries(task, answer, ofCycle));
        if (row?.prediction !== undefined)
          entries.push(
            await lossEntry(deps, { path: task.key, prediction: row.prediction, truth }, answers, signal),
          );
        sources.push({
          path: task.key,
          key: fields.annotationSource.name,
          valueType: 'STRING',
          value: answer.source,
        });
        counts.collected += 1;
        for (const one of [answer, ...(answer.originals ?? [])]) countLabelTime(one.leadTimeSeconds ?? null);
      }
      await mark(changes);
      // `annotation_source` goes after the rest: an attempt that dies before writes the same annotation again.
      await engine.updateMetadata({ datasourceId, entries }, signal);
      await engine.updateMetadata({ datasourceId, entries: sources }, signal);
      heartbeat({ projectId, ...counts });
    }
    const settled =
      input.askAgain && changedSince === undefined
        ? await settleSkips(engine, { datasourceId, cycle, skipped }, signal)
        : {};
    const adopted = foreign?.adopted ?? 0;
    const more = Object.entries({ withdrawn, adopted, ...settled }).filter(([, count]) => count > 0);
    if (changedSince === undefined) {
      // Of tasks that somebody deleted.
      const lost = [...rows].filter(([path, row]) => isHeld(row) && !seen.has(path)).map(([path]) => path);
      const gone = lost.map((key) => ({ key, taskId: 0, annotations: [] }));
      await recordReviewed(deps, review, gone, rows, signal);
      await mark(new Map(lost.map((path) => [path, null])));
      await watch.log(tracker, cycle, signal);
      await people.log(tracker, cycle, signal);
    }
    const { work } = people;
    const suggestions = input.tell ? watch.text : null;
    return {
      projectId,
      ...counts,
      ...(refused.length > 0 && { refused }),
      ...Object.fromEntries(more),
      ...(clearedCount > 0 && { cleared: clearedCount }),
      ...(stale.size > 0 && { stale: [...stale] }),
      ...(work && { work }),
      ...(suggestions !== null && { suggestions }),
    };

    /** Labels that are other ones now, or none (null), than those that the Data Engine still holds. */
    async function mark(changes: ReadonlyMap<string, Truth | null>): Promise<void> {
      if (changes.size === 0) return;
      const holdOut = [...changes.keys()].filter((path) => rows.get(path)?.purpose === 'hold-out');
      for (const of of await markStale(deps, { loop, changes, holdOut }, signal)) stale.add(of);
      const cleared = [...changes].flatMap(([path, truth]) =>
        truth === null ? (rows.get(path)?.id ?? []) : [],
      );
      await clearAnnotations(engine, { datasourceId, ids: cleared }, signal);
      clearedCount += cleared.length;
    }

    function refuse(reason: string): void {
      if (refused.length < toldAnswers) refused.push(reason.slice(0, 200));
    }

    /** Null for what cannot be taken. */
    function truthOf(answer: StandingAnswer, { taskId }: ReviewedTask): Truth | null {
      const what = `Annotation ${answer.id} of task ${taskId} in Label Studio project ${projectId}`;
      try {
        return answers.truthOf(answer.result, what);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        refuse(error.message);
        return null;
      }
    }

    /** What a person was not shown; undefined where it was shown, or there was nothing to show. */
    async function hiddenSuggestion(path: string, row: AskedRow | undefined) {
      if (!row?.isBlind || row.prediction === undefined || row.predRun === undefined) return undefined;
      const blob = await cachedBlob(deps, row.prediction, signal);
      return { modelVersion: row.predRun, result: resultOfBlob(blob, `The prediction of "${path}"`) };
    }
  }
}

function annotationEntries(
  { key: path, imageUrl }: ReviewedTask,
  annotation: StandingAnswer,
  cycle: number,
): MetadataEntry[] {
  const value = annotationBlob({ imageUrl, annotation, originals: annotation.originals });
  return [
    { path, key: fields.annotation.name, valueType: 'BLOB', value },
    { path, key: fields.annotatedInCycle.name, valueType: 'INTEGER', value: cycle },
  ];
}
