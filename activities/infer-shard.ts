import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type Answers, type LabelScheme } from '../core/answers/answers.ts';
import { predictionBlob } from '../core/annotation-blob.ts';
import type { Datapoint, MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { Classified, Detected, LoadedModel, Unreadable } from '../core/ports.ts';
import { predictedTruth } from '../core/predicted-truth.ts';
import { countedBoxes } from '../core/scores/counted-boxes.ts';
import { imageInformativeness, type ScoreRule } from '../core/scores/image-informativeness.ts';
import { predScore } from '../core/scores/pred-score.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { chunksOf, gathered } from './chunks.ts';
import { EmbeddingStore } from './embedding-store.ts';
import { fetchImages } from './fetch-images.ts';
import { mapAhead } from './map-ahead.ts';
import { modelFolder } from './model-folder.ts';
import type { Shard } from './plan-inference.ts';
import { inPool, inTrain, isInPool, poolFields } from './pool.ts';
import { predict } from './predict.ts';
import { quarantineAnswers } from './quarantine-answers.ts';

/** Images that are fetched, and predicted, together. */
const chunkImages = 16;
/** Chunks that each step of the pipeline has in hand: one that it works on, one that is ready. So at most 64 images are in memory. */
const stepsAhead = 2;
/** Images whose answers are written together: all that dies with a process, beside those in the pipeline. */
const writtenImages = 64;

type Answer = Classified | Detected | Unreadable;

type RowState = 'open' | 'done' | 'unreadable';

interface Todo {
  readonly rows: readonly Datapoint[];
  /** Paths that are not in the pool: their vectors are wanted, and nothing else. */
  readonly outside: ReadonlySet<string>;
  readonly done: number;
  readonly unreadable: number;
}

interface Written {
  readonly images: readonly Answer[];
  /** Paths whose vectors are stored. */
  readonly embedded: readonly string[];
  readonly unasked: ReadonlySet<string>;
}

export interface InferShardInput {
  readonly runId: string;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly shard: Shard;
  readonly rule: ScoreRule;
  /** What pre-annotations are for. */
  readonly scheme: LabelScheme;
  /**
   * The cycle whose selection compares feature vectors; absent: none are kept. Then the shard is of the whole of `train`, and what of it is
   * not in the pool gets its vector alone.
   */
  readonly embedFor?: number;
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
     * decoded, or whose answer holds no probabilities, gets `pred_error` and no score; the loop goes on. Feature vectors go to the run's
     * artifacts ({@link EmbeddingStore}) before `embedding_run` says so.
     *
     * @throws DomainError when no answer of the model holds probabilities, or it lacks the output that the score needs: final.
     */
    async inferShard(input: InferShardInput): Promise<InferShardResult> {
      const signal = cancellationSignal();
      const model = await runner.load(await modelFolder(deps, input.runId, signal));
      const todo = await openRows(input, signal);
      const answers = answersOf({ ...input.scheme, classes: model.classes });
      const paths = todo.rows.map(({ path }) => path);
      const { rootUrl } = input.datasource;
      const store = await EmbeddingStore.open(deps.tracker, model, input, signal);
      const fetched = mapAhead(chunksOf(paths, chunkImages), stepsAhead, (chunk) =>
        fetchImages(engine, { rootUrl, paths: chunk, model }, signal),
      );
      const predicted = mapAhead(fetched, stepsAhead, async ({ items, missing }) => [
        ...missing,
        ...quarantineAnswers(
          await predict(model, input.scheme.task, store?.asked(items) ?? items, signal),
          input.rule,
          input.runId,
        ),
      ]);
      const written = mapAhead(gathered(predicted, writtenImages), stepsAhead, async (images) => {
        const embedded = (await store?.put(images, signal)) ?? [];
        return writeAnswers(input, model, answers, { images, embedded, unasked: todo.outside }, signal);
      });
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

  async function openRows(input: InferShardInput, signal: AbortSignal): Promise<Todo> {
    const { datasource, shard, runId } = input;
    const { predRun, predError, embeddingRun } = fields;
    const embed = input.embedFor !== undefined;
    const rows = new Array<Datapoint>();
    const states = new Array<RowState>();
    let left = shard.images;
    const pages = engine.queryDatapoints(
      {
        datasourceId: datasource.id,
        where: embed ? inTrain : inPool,
        select: [predRun.name, predError.name, ...(embed ? [embeddingRun.name, ...poolFields] : [])],
        pageSize: shard.images,
        ...(shard.after !== null && { after: shard.after }),
      },
      signal,
    );
    // A server may give smaller pages than it was asked for.
    for await (const page of pages) {
      for (const datapoint of page.datapoints.slice(0, left)) {
        rows.push(datapoint);
        states.push(stateOf(datapoint));
      }
      left -= page.datapoints.length;
      if (left <= 0) break;
    }
    const todo = { rows: new Array<Datapoint>(), done: 0, unreadable: 0 };
    // A file of vectors is of the same images in every attempt.
    const together = embed ? writtenImages : 1;
    for (let start = 0; start < rows.length; start += together) {
      const group = states.slice(start, start + together);
      if (group.includes('open')) todo.rows.push(...rows.slice(start, start + together));
      else for (const state of group) todo[state === 'done' ? 'done' : 'unreadable'] += 1;
    }
    const outside = embed ? todo.rows.filter((row) => !isInPool(row)) : [];
    return { ...todo, outside: new Set(outside.map(({ path }) => path)) };

    function stateOf(datapoint: Datapoint): RowState {
      const values = datapoint.fields;
      if (String(values[predError.name] ?? '').startsWith(`${runId}:`)) return 'unreadable';
      const isEmbedded = !embed || values[embeddingRun.name] === runId;
      const isPredicted = values[predRun.name] === runId || (embed && !isInPool(datapoint));
      return isEmbedded && isPredicted ? 'done' : 'open';
    }
  }

  async function writeAnswers(
    { datasource, runId, rule }: InferShardInput,
    model: LoadedModel,
    answers: Answers,
    { images, embedded, unasked }: Written,
    signal: AbortSignal,
  ): Promise<{ images: number; unreadable: number }> {
    const entries = embedded.map((path): MetadataEntry => ({
      path,
      key: fields.embeddingRun.name,
      valueType: 'STRING',
      value: runId,
    }));
    const done: MetadataEntry[] = [];
    let unreadable = 0;
    for (const answer of images) {
      if ('unreadable' in answer) {
        unreadable += 1;
        const value = `${runId}: ${answer.unreadable}`.slice(0, 500);
        entries.push({ path: answer.id, key: fields.predError.name, valueType: 'STRING', value });
        continue;
      }
      if (unasked.has(answer.id)) continue;
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
      return [
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
