import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../core/answers/newest-answer.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { annotationBlob, resultOfBlob } from '../core/annotation-blob.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { predictionLoss } from '../core/prediction-loss.ts';
import type { ReviewAnnotation, ReviewedTask } from '../core/ports.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askedRows, type AskedRow } from './asked-rows.ts';
import { cachedBlob } from './blob-cache.ts';
import { clearAnnotations } from './clear-annotations.ts';
import { lateReviews } from './late-reviews.ts';
import { markStale } from './mark-stale.ts';
import { recordReviewed } from './record-reviewed.ts';
import { ReviewWatch } from './review-watch.ts';

/** Of those that cannot be taken, so many are told. */
const toldAnswers = 3;

export interface CollectAnnotationsInput {
  readonly loop: string;
  readonly datasourceId: string;
  readonly scheme: LabelScheme;
  /** Those that somebody may still answer. The loop's others are looked at for what changed in them since. */
  readonly reviews: readonly { readonly projectId: number; readonly cycle: number }[];
  /** The loop has one project, with the tasks of all cycles. Default: one a cycle and part. */
  readonly oneProject?: boolean;
  /** The others are read as a whole, deleted tasks included. */
  readonly whole?: boolean;
}

export interface CollectedReview {
  readonly projectId: number;
  /** Annotations written now. */
  readonly collected: number;
  /** Annotations that were there already. */
  readonly unchanged: number;
  readonly skipped: number;
  /** Tasks nobody answered, and those whose answer says what the loop cannot take: it is left where it is until somebody corrects it. */
  readonly open: number;
  /** Why, of the first of the latter; absent without. */
  readonly refused?: readonly string[];
  /** Annotations that people deleted, where no other answer is left; absent without. */
  readonly cleared?: number;
  /** Cycles whose models learnt from labels that were corrected or deleted since; absent without. */
  readonly stale?: readonly number[];
}

/** A review to look at; `changedSince`: only at what changed after that moment. */
export interface CollectingReview {
  readonly projectId: number;
  readonly cycle: number;
  readonly changedSince?: string;
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
     * An answer that names a class the loop does not have, or is of another shape, holds up nothing: its task counts as open, so that a
     * correction is collected later, and is told with the reason.
     *
     * @returns The reviews that were given, then those of the others in which something changed.
     */
    async collectAnnotations(input: CollectAnnotationsInput): Promise<readonly CollectedReview[]> {
      const results: CollectedReview[] = [];
      for (const review of input.reviews) results.push(await collect(input, review));
      for (const review of await lateReviews(deps, input, cancellationSignal())) {
        const late = await collect(input, review);
        if (late.collected > 0 || late.cleared || late.refused) results.push(late);
      }
      return results;
    },
  };

  async function collect(
    input: CollectAnnotationsInput,
    { projectId, cycle, changedSince }: CollectingReview,
  ): Promise<CollectedReview> {
    const signal = cancellationSignal();
    const { datasourceId, loop } = input;
    const answers = answersOf(input.scheme);
    const watch = new ReviewWatch(answers);
    const rows = await askedRows(engine, { datasourceId, cycle: input.oneProject ? null : cycle }, signal);
    const noticedAt = new Date(activityInfo().scheduledTimestampMs).toISOString();
    const review = { datasourceId, project: projectId, noticedAt };
    const counts = { collected: 0, unchanged: 0, skipped: 0, open: 0 };
    const refused: string[] = [];
    const stale = new Set<number>();
    let clearedCount = 0;
    const seen = new Set<string>();
    const isHeld = (row: AskedRow | undefined) => row?.source?.startsWith(`${projectId}/`) === true;
    for await (const tasks of board.listReviewedTasks(projectId, signal, changedSince)) {
      await recordReviewed(deps, review, tasks, rows, signal);
      const entries: MetadataEntry[] = [];
      const sources: MetadataEntry[] = [];
      const changes = new Map<string, Truth | null>();
      for (const task of tasks) {
        seen.add(task.key);
        const answer = newestAnswer(task, answers);
        const row = rows.get(task.key);
        if (!answer) {
          counts[task.annotations.length > 0 ? 'skipped' : 'open'] += 1;
          if (isHeld(row)) changes.set(task.key, null);
          continue;
        }
        const ofCycle = row?.cycle ?? cycle;
        // Of an earlier cycle they were counted at its step.
        if (ofCycle === cycle) watch.add(answer);
        const source = sourceOfAnswer(projectId, answer);
        if (row?.source === source) {
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
        if (row?.prediction !== undefined) entries.push(await lossEntry(task.key, row.prediction, truth));
        sources.push({
          path: task.key,
          key: fields.annotationSource.name,
          valueType: 'STRING',
          value: source,
        });
        counts.collected += 1;
      }
      await mark(changes);
      // `annotation_source` goes after the rest: an attempt that dies before writes the same annotation again.
      await engine.updateMetadata({ datasourceId, entries }, signal);
      await engine.updateMetadata({ datasourceId, entries: sources }, signal);
      heartbeat({ projectId, ...counts });
    }
    if (changedSince === undefined) {
      // Of tasks that somebody deleted.
      const lost = [...rows].filter(([path, row]) => isHeld(row) && !seen.has(path)).map(([path]) => path);
      const gone = lost.map((key) => ({ key, imageUrl: '', taskId: 0, annotations: [] }));
      await recordReviewed(deps, review, gone, rows, signal);
      await mark(new Map(lost.map((path) => [path, null])));
      await watch.log(tracker, cycle, signal);
    }
    return {
      projectId,
      ...counts,
      ...(refused.length > 0 && { refused }),
      ...(clearedCount > 0 && { cleared: clearedCount }),
      ...(stale.size > 0 && { stale: [...stale] }),
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

    /** Null for what cannot be taken. */
    function truthOf(answer: ReviewAnnotation, { taskId }: ReviewedTask): Truth | null {
      const what = `Annotation ${answer.id} of task ${taskId} in Label Studio project ${projectId}`;
      try {
        return answers.truthOf(answer.result, what);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        if (refused.length < toldAnswers) refused.push(error.message.slice(0, 200));
        return null;
      }
    }

    async function lossEntry(path: string, blob: string, truth: Truth): Promise<MetadataEntry> {
      const what = `The prediction of "${path}"`;
      const predicted = answers.truthOf(resultOfBlob(await cachedBlob(deps, blob, signal), what), what);
      return { path, key: fields.predLoss.name, valueType: 'FLOAT', value: predictionLoss(predicted, truth) };
    }
  }
}

function annotationEntries(
  { key: path, imageUrl }: ReviewedTask,
  annotation: ReviewAnnotation,
  cycle: number,
): MetadataEntry[] {
  return [
    { path, key: fields.annotation.name, valueType: 'BLOB', value: annotationBlob({ imageUrl, annotation }) },
    { path, key: fields.annotatedInCycle.name, valueType: 'INTEGER', value: cycle },
  ];
}
