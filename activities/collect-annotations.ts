import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../core/answers/newest-answer.ts';
import { annotationBlob } from '../core/annotation-blob.ts';
import { allOf, equals, isNotNull, type MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { ReviewAnnotation, ReviewedTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { ReviewWatch } from './review-watch.ts';

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
  /** Tasks nobody answered. */
  readonly open: number;
}

export function collectAnnotationsActivity({
  engine,
  board,
  tracker,
}: Pick<ActivityDeps, 'engine' | 'board' | 'tracker'>) {
  return {
    /**
     * Step 11: writes the newest answer of every task into `annotation`. Key: annotation id and `updated_at`, kept in
     * `annotation_source`; an answer that is there already is left alone, a corrected one replaces it. Skips, and answers that
     * answer nothing (a class loop's without a choice), are counted and not written. What people made of the model's suggestions becomes
     * metrics of its run.
     *
     * @throws DomainError when an answer names a class the loop does not have, naming project, task and class: final.
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
    const known = await knownSources(input.datasourceId, cycle, signal);
    const watch = new ReviewWatch(answers);
    const counts = { collected: 0, unchanged: 0, skipped: 0, open: 0 };
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
        if (known.get(task.key) === source) {
          counts.unchanged += 1;
          continue;
        }
        const what = `Annotation ${answer.id} of task ${task.taskId} in Label Studio project ${projectId}`;
        answers.truthOf(answer.result, what);
        entries.push(...annotationEntries(task, answer, cycle));
        sources.push({
          path: task.key,
          key: fields.annotationSource.name,
          valueType: 'STRING',
          value: source,
        });
        counts.collected += 1;
      }
      // `annotation_source` goes after the rest: an attempt that dies before writes the same annotation again.
      await engine.updateMetadata({ datasourceId: input.datasourceId, entries }, signal);
      await engine.updateMetadata({ datasourceId: input.datasourceId, entries: sources }, signal);
      heartbeat({ projectId, ...counts });
    }
    await watch.log(tracker, cycle, signal);
    return { projectId, ...counts };
  }

  async function knownSources(
    datasourceId: string,
    cycle: number,
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const { annotationSource, selectedInCycle } = fields;
    const pages = engine.queryDatapoints(
      {
        datasourceId,
        where: allOf(
          equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
          isNotNull(annotationSource.name, annotationSource.valueType),
        ),
        select: [annotationSource.name],
      },
      signal,
    );
    const known = new Map<string, string>();
    for await (const { datapoints } of pages)
      for (const { path, fields: row } of datapoints) known.set(path, String(row[annotationSource.name]));
    return known;
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
