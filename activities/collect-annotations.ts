import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { equals, type MetadataEntry } from '../core/datapoints.ts';
import { annotationBlob, resultOfBlob } from '../core/annotation-blob.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { OpinionRule } from '../core/opinions/opinion-rule.ts';
import { standingAnswer, type StandingAnswer } from '../core/opinions/standing-answer.ts';
import { predictionLoss } from '../core/prediction-loss.ts';
import type { ReviewedTask } from '../core/ports.ts';
import type { CostRate, PeopleWork } from '../core/pre-annotation/work-cost.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { classTies } from './class-ties.ts';
import { PeopleLog } from './people-log.ts';
import { ReviewWatch } from './review-watch.ts';
import { readVerdicts } from './verdicts.ts';
import { cachedBlob } from './blob-cache.ts';

/** What is known of a datapoint that was asked: `prediction` is the blob of the one made before the answer. */
interface AskedRow {
  readonly source?: string;
  readonly prediction?: string;
  readonly predRun?: string;
  readonly isBlind?: boolean;
}

/** Of those that cannot be taken, so many are told. */
const toldAnswers = 3;

export interface CollectAnnotationsInput {
  readonly datasourceId: string;
  readonly scheme: LabelScheme;
  readonly reviews: readonly { readonly projectId: number; readonly cycle: number }[];
  /** Where several people answer some tasks. */
  readonly opinions?: OpinionRule;
  /** What people's time costs; absent: it is not counted. */
  readonly cost?: CostRate;
  /** Whether to tell what people made of suggestions. */
  readonly tell?: true;
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
     * `annotation_source`; an answer that is there already is left alone, a corrected one replaces it. Skips, and answers that
     * answer nothing (a class loop's without a choice), are counted and not written. Beside it goes `pred_loss`: how wrong the prediction was
     * that stood before the answer. What people made of the model's suggestions becomes metrics of its run.
     *
     * Where several people answer a task it is what they say together, or the adjudicator's verdict, their own answers before it in the blob; while they
     * are in dispute nothing is written.
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
    const people = new PeopleLog(answers, input.scheme, input.cost);
    const rows = await askedRows(input.datasourceId, cycle, signal);
    const counts = { collected: 0, unchanged: 0, skipped: 0, open: 0 };
    const refused: string[] = [];
    const rule = input.opinions;
    const verdicts = await readVerdicts(board, { rule, cycle, answers }, signal);
    const tie = await classTies(board, { projectId, rule, scheme: input.scheme, answers }, signal);
    for await (const tasks of board.listReviewedTasks(projectId, signal)) {
      const entries: MetadataEntry[] = [];
      const sources: MetadataEntry[] = [];
      for (const task of tasks) {
        const verdict = verdicts.given.get(task.key);
        const standing = standingAnswer(task, projectId, { answers, rule, verdict, tie });
        const { answer, state } = standing;
        for (const reason of standing.refused) refuse(reason);
        const row = rows.get(task.key);
        people.add(task.key, standing, row?.predRun);
        const hidden = await hiddenSuggestion(task.key, row);
        const consensus =
          standing.given.length > 1 && answer ? (truthOf(answer, task) ?? undefined) : undefined;
        for (const one of standing.given) watch.add(one, { hidden, consensus });
        // What some of the people asked have said is taken, and the rest still waited for.
        if (state !== 'settled') counts[state === 'skipped' ? 'skipped' : 'open'] += 1;
        if (!answer) continue;
        if (row?.source === answer.source) {
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
          value: answer.source,
        });
        counts.collected += 1;
      }
      // `annotation_source` goes after the rest: an attempt that dies before writes the same annotation again.
      await engine.updateMetadata({ datasourceId: input.datasourceId, entries }, signal);
      await engine.updateMetadata({ datasourceId: input.datasourceId, entries: sources }, signal);
      heartbeat({ projectId, ...counts });
    }
    await watch.log(tracker, cycle, signal);
    await people.log(tracker, cycle, signal);
    const { work } = people;
    const suggestions = input.tell ? watch.text : null;
    return {
      projectId,
      ...counts,
      ...(refused.length > 0 && { refused }),
      ...(work && { work }),
      ...(suggestions !== null && { suggestions }),
    };

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

    async function lossEntry(path: string, blob: string, truth: Truth): Promise<MetadataEntry> {
      const what = `The prediction of "${path}"`;
      const predicted = answers.truthOf(resultOfBlob(await cachedBlob(deps, blob, signal), what), what);
      return { path, key: fields.predLoss.name, valueType: 'FLOAT', value: predictionLoss(predicted, truth) };
    }
  }

  /** What is known of the datapoints asked in a cycle: the answer that is stored, and the blob of the prediction made before it. */
  async function askedRows(datasourceId: string, cycle: number, signal: AbortSignal) {
    const { annotationSource, askedBlind, prediction, predRun, selectedInCycle } = fields;
    const pages = engine.queryDatapoints(
      {
        datasourceId,
        where: equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
        select: [annotationSource.name, prediction.name, predRun.name, askedBlind.name],
      },
      signal,
    );
    const asked = new Map<string, AskedRow>();
    for await (const { datapoints } of pages)
      for (const { path, fields: row } of datapoints)
        asked.set(path, {
          ...(row[annotationSource.name] !== undefined && { source: String(row[annotationSource.name]) }),
          ...(row[prediction.name] !== undefined && { prediction: String(row[prediction.name]) }),
          ...(row[predRun.name] !== undefined && { predRun: String(row[predRun.name]) }),
          ...(row[askedBlind.name] === true && { isBlind: true }),
        });
    return asked;
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
