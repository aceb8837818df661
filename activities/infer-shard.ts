import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type Answers, type LabelScheme } from '../core/answers/answers.ts';
import { predictionBlob } from '../core/annotation-blob.ts';
import type { Datapoint, MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { NearCopies } from '../core/near-copies.ts';
import type { Classified, Detected, LoadedModel, Unreadable } from '../core/ports.ts';
import { predictedTruth } from '../core/predicted-truth.ts';
import { countedBoxes } from '../core/scores/counted-boxes.ts';
import { imageInformativeness, type ScoreRule } from '../core/scores/image-informativeness.ts';
import { predScore } from '../core/scores/pred-score.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { chunksOf, gathered } from './chunks.ts';
import { fetchImages } from './fetch-images.ts';
import { nearHoldOutEntry } from './guard-hold-out.ts';
import { holdOutCopies } from './hold-out-copies.ts';
import { mapAhead } from './map-ahead.ts';
import { modelFolder } from './model-folder.ts';
import type { Shard } from './plan-inference.ts';
import { inPool } from './pool.ts';
import { predict } from './predict.ts';
import { quarantineAnswers } from './quarantine-answers.ts';

/** Images that are fetched, and predicted, together. */
const chunkImages = 16;
/** Chunks that each step of the pipeline has in hand: one that it works on, one that is ready. So at most 64 images are in memory. */
const stepsAhead = 2;
/** Images whose answers are written together: all that dies with a process, beside those in the pipeline. */
const writtenImages = 64;

type Answer = Classified | Detected | Unreadable;

export interface InferShardInput {
  readonly runId: string;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly shard: Shard;
  readonly rule: ScoreRule;
  /** What pre-annotations are for. */
  readonly scheme: LabelScheme;
}

export interface InferShardResult {
  /** Rows predicted now. */
  readonly predicted: number;
  /** Rows that an earlier attempt had done. */
  readonly skipped: number;
  /** Images of the shard that cannot be read, or whose answers hold no probabilities, those of earlier attempts included. */
  readonly unreadable: number;
}

export function inferShardActivity(deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'runner' | 'workDir'>) {
  const { engine, runner } = deps;
  return {
    /**
     * Steps 6 and 7 for one shard: predicts, scores, and writes `prediction`, `pred_score` and `pred_run`. Rows that carry this run's id
     * are skipped, so another attempt does what is left. Fetching, predicting and writing overlap. An image that is gone or cannot be
     * decoded, or whose answer holds no probabilities, gets `pred_error` and no score; one that is a near copy of an image of the hold-out
     * gets `near_hold_out`, and is never asked; the loop goes on.
     *
     * @throws DomainError when no answer of the model holds probabilities, or it lacks the output that the score needs: final.
     */
    async inferShard(input: InferShardInput): Promise<InferShardResult> {
      const signal = cancellationSignal();
      const model = await runner.load(await modelFolder(deps, input.runId, signal));
      const todo = await openRows(input, signal);
      const copies = await holdOutCopies(engine, input.datasource.id, signal);
      const answers = answersOf({ ...input.scheme, classes: model.classes });
      const paths = todo.rows.map(({ path }) => path);
      const { rootUrl } = input.datasource;
      const fetched = mapAhead(chunksOf(paths, chunkImages), stepsAhead, (chunk) =>
        fetchImages(engine, { rootUrl, paths: chunk, model }, signal),
      );
      const predicted = mapAhead(fetched, stepsAhead, async ({ items, missing }) => [
        ...missing,
        ...quarantineAnswers(await predict(model, input.scheme.task, items, signal), input.rule, input.runId),
      ]);
      const written = mapAhead(gathered(predicted, writtenImages), stepsAhead, (images) =>
        writeAnswers(input, { model, answers, copies }, images, signal),
      );
      let done = 0;
      let unreadable = 0;
      for await (const part of written) {
        done += part.images;
        unreadable += part.unreadable;
        heartbeat({ done, of: paths.length });
      }
      return {
        predicted: done - unreadable,
        skipped: todo.done,
        unreadable: unreadable + todo.unreadable,
      };
    },
  };

  async function openRows(
    { datasource, shard, runId }: InferShardInput,
    signal: AbortSignal,
  ): Promise<{ rows: readonly Datapoint[]; done: number; unreadable: number }> {
    const { predRun, predError } = fields;
    const todo = { rows: new Array<Datapoint>(), done: 0, unreadable: 0 };
    let left = shard.images;
    const pages = engine.queryDatapoints(
      {
        datasourceId: datasource.id,
        where: inPool,
        select: [predRun.name, predError.name],
        pageSize: shard.images,
        ...(shard.after !== null && { after: shard.after }),
      },
      signal,
    );
    // A server may give smaller pages than it was asked for.
    for await (const page of pages) {
      for (const datapoint of page.datapoints.slice(0, left)) {
        if (datapoint.fields[predRun.name] === runId) todo.done += 1;
        else if (String(datapoint.fields[predError.name] ?? '').startsWith(`${runId}:`)) todo.unreadable += 1;
        else todo.rows.push(datapoint);
      }
      left -= page.datapoints.length;
      if (left <= 0) break;
    }
    return todo;
  }

  async function writeAnswers(
    { datasource, runId, rule }: InferShardInput,
    { model, answers, copies }: { model: LoadedModel; answers: Answers; copies: NearCopies },
    images: readonly Answer[],
    signal: AbortSignal,
  ): Promise<{ images: number; unreadable: number }> {
    const entries: MetadataEntry[] = [];
    const done: MetadataEntry[] = [];
    let unreadable = 0;
    for (const answer of images) {
      if ('unreadable' in answer) {
        unreadable += 1;
        const value = `${runId}: ${answer.unreadable}`.slice(0, 500);
        entries.push({ path: answer.id, key: fields.predError.name, valueType: 'STRING', value });
        continue;
      }
      entries.push(...predictionEntries(answer));
      done.push({ path: answer.id, key: fields.predRun.name, valueType: 'STRING', value: runId });
    }
    // `pred_run` goes in a request of its own, after the rest: a row that carries it is complete.
    await engine.updateMetadata({ datasourceId: datasource.id, entries }, signal);
    await engine.updateMetadata({ datasourceId: datasource.id, entries: done }, signal);
    return { images: images.length, unreadable };

    function predictionEntries(answer: Classified | Detected): MetadataEntry[] {
      const path = answer.id;
      const informativeness = imageInformativeness(answer, rule);
      // Without objects it is asked by the policy for such images, by its number of boxes; the score only replaces an earlier model's.
      const value = predScore(informativeness ?? 0);
      const blob = predictionBlob({
        imageUrl: engine.downloadUrl({ rootUrl: datasource.rootUrl, path }),
        result: answers.resultOf({ path, truth: predictedTruth(answer, model.classes) }),
        score: value,
        modelVersion: runId,
      });
      const original = answer.thumbnail ? copies.find(answer.thumbnail) : null;
      return [
        ...(original === null ? [] : [nearHoldOutEntry(path, original)]),
        { path, key: fields.prediction.name, valueType: 'BLOB', value: blob },
        { path, key: fields.predScore.name, valueType: 'FLOAT', value },
        ...('detections' in answer
          ? [
              {
                path,
                key: fields.predBoxes.name,
                valueType: 'INTEGER' as const,
                value: countedBoxes(answer.detections).length,
              },
            ]
          : []),
      ];
    }
  }
}
