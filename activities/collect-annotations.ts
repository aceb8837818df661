import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../core/answers/newest-answer.ts';
import { equals, type MetadataEntry } from '../core/datapoints.ts';
import { annotationBlob, resultOfBlob } from '../core/annotation-blob.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { predictionLoss } from '../core/prediction-loss.ts';
import type { ReviewAnnotation, ReviewedTask } from '../core/ports.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { countLabelTime } from './label-time-metric.ts';
import { ReviewWatch } from './review-watch.ts';
import { cachedBlob } from './blob-cache.ts';

/** Of those that cannot be taken, so many are told. */
const toldAnswers = 3;

export interface CollectAnnotationsInput {
  readonly datasourceId: string;
  readonly scheme: LabelScheme;
  readonly reviews: readonly { readonly projectId: number; readonly cycle: number }[];
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
}

export function collectAnnotationsActivity(
  deps: Pick<ActivityDeps, 'engine' | 'board' | 'tracker' | 'workDir'>,
) {
  const { engine, board, tracker } = deps;
  return {
    /**
     * Step 11: writes the newest answer of every task into `annotation`. Key: annotation id and `updated_at`, kept in
     * `annotation_source`; an answer that is there already is left alone, a corrected one replaces it. Skips, and answers that
     * answer nothing (a class loop's without a choice), are counted and not written. Beside it goes `pred_loss`: how wrong the prediction was
     * that stood before the answer. What people made of the model's suggestions becomes metrics of its run.
     *
     * An answer that names a class the loop does not have, or is of another shape, holds up nothing: its task counts as open, so that a
     * correction is collected later, and is told with the reason.
     */
    async collectAnnotations(input: CollectAnnotationsInput): Promise<readonly CollectedReview[]> {
      const results: CollectedReview[] = [];
      for (const review of input.reviews) results.push(await collect(input, review));
      return results;
    },
  };

  async function collect(
    input: CollectAnnotationsInput,
    { projectId, cycle }: CollectAnnotationsInput['reviews'][number],
  ): Promise<CollectedReview> {
    const signal = cancellationSignal();
    const answers = answersOf(input.scheme);
    const watch = new ReviewWatch(answers);
    const rows = await askedRows(input.datasourceId, cycle, signal);
    const counts = { collected: 0, unchanged: 0, skipped: 0, open: 0 };
    const refused: string[] = [];
    for await (const tasks of board.listReviewedTasks(projectId, signal)) {
      const entries: MetadataEntry[] = [];
      const sources: MetadataEntry[] = [];
      for (const task of tasks) {
        const answer = newestAnswer(task, answers);
        if (!answer) {
          counts[task.annotations.length > 0 ? 'skipped' : 'open'] += 1;
          continue;
        }
        watch.add(answer);
        const source = sourceOfAnswer(projectId, answer);
        const row = rows.get(task.key);
        if (row?.source === source) {
          counts.unchanged += 1;
          continue;
        }
        const truth = truthOf(answer, task);
        if (truth === null) {
          counts.open += 1;
          continue;
        }
        entries.push(...annotationEntries(task, answer, cycle));
        if (row?.prediction !== undefined) entries.push(await lossEntry(task.key, row.prediction, truth));
        sources.push({
          path: task.key,
          key: fields.annotationSource.name,
          valueType: 'STRING',
          value: source,
        });
        counts.collected += 1;
        countLabelTime(answer.leadTimeSeconds);
      }
      // `annotation_source` goes after the rest: an attempt that dies before writes the same annotation again.
      await engine.updateMetadata({ datasourceId: input.datasourceId, entries }, signal);
      await engine.updateMetadata({ datasourceId: input.datasourceId, entries: sources }, signal);
      heartbeat({ projectId, ...counts });
    }
    await watch.log(tracker, cycle, signal);
    return { projectId, ...counts, ...(refused.length > 0 && { refused }) };

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

  /** What is known of the datapoints asked in a cycle: the answer that is stored, and the blob of the prediction made before it. */
  async function askedRows(datasourceId: string, cycle: number, signal: AbortSignal) {
    const { annotationSource, prediction, selectedInCycle } = fields;
    const pages = engine.queryDatapoints(
      {
        datasourceId,
        where: equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
        select: [annotationSource.name, prediction.name],
      },
      signal,
    );
    const asked = new Map<string, { source?: string; prediction?: string }>();
    for await (const { datapoints } of pages)
      for (const { path, fields: row } of datapoints)
        asked.set(path, {
          ...(row[annotationSource.name] !== undefined && { source: String(row[annotationSource.name]) }),
          ...(row[prediction.name] !== undefined && { prediction: String(row[prediction.name]) }),
        });
    return asked;
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
