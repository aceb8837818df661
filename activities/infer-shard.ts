import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type Answers, type LabelScheme } from '../core/answers/answers.ts';
import { predictionBlob } from '../core/annotation-blob.ts';
import type { Datapoint, MetadataEntry } from '../core/datapoints.ts';
import { ModelCrashedError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { NearCopies } from '../core/near-copies.ts';
import type {
  Classified,
  Detected,
  EncodedImage,
  KeptImage,
  LoadedModel,
  Unreadable,
} from '../core/ports.ts';
import { predictedTruth } from '../core/predicted-truth.ts';
import { countedBoxes } from '../core/scores/counted-boxes.ts';
import type { NamedCosts } from '../core/scores/cost-sensitive.ts';
import { imageInformativeness, type ScoreRule } from '../core/scores/image-informativeness.ts';
import { predScore } from '../core/scores/pred-score.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { chunksOf, chunksOfPages, gathered } from './chunks.ts';
import { EmbeddingStore } from './embedding-store.ts';
import { FetchFaults, givesOthers } from './fetch-faults.ts';
import { fetchImages } from './fetch-images.ts';
import { nearHoldOutEntry } from './guard-hold-out.ts';
import { holdOutCopies } from './hold-out-copies.ts';
import { inferLeft, type LeftSteps } from './infer-left.ts';
import { keepAlive } from './keep-alive.ts';
import { mapAhead } from './map-ahead.ts';
import { modelFolder } from './model-folder.ts';
import type { Shard } from './plan-inference.ts';
import { inPool, inTrain, isInPool, poolFields } from './pool.ts';
import { predict } from './predict.ts';
import { learnsLosses, lossesOf, type PredictLosses } from './predicted-losses.ts';
import { quarantineAnswers } from './quarantine-answers.ts';
import { rememberLast } from './remember-last.ts';
import { scoreRuleFor } from './score-rule-for.ts';
import { ShardProgress } from './shard-progress.ts';

/** Chunks that each step of the pipeline has in hand: one that it works on, one that is ready. So at most 64 images are in memory, large ones fewer. */
const stepsAhead = 2;
/** Images whose answers are written together: all that dies with a process, beside those in the pipeline. */
const writtenImages = 64;
/** Rows read together: the cursor goes from one such page to the next. */
const pageImages = 256;
/** More rows than are under way at once; where earlier attempts died without a word, one of so many may be why. */
const suspectImages = 512;
/** Of those set aside, so many are told by name. */
const toldImages = 3;

type Answer = Classified | Detected | Unreadable;
type RowState = 'open' | 'done' | 'unreadable';
type Reason = { readonly id: string; readonly unreadable: string | null };

/** What all steps of a shard work with. */
interface Work {
  readonly input: InferShardInput;
  readonly model: LoadedModel;
  /** With all that its scores go by. */
  readonly rule: ScoreRule;
  readonly answers: Answers;
  /** Null where the score is another, or the model tells it itself. */
  readonly losses: PredictLosses | null;
  readonly copies: NearCopies;
  /** Null where no vectors are wanted. */
  readonly store: EmbeddingStore | null;
  /** Paths that are not in the pool: their vectors are wanted, and nothing else. */
  readonly outside: Set<string>;
  readonly progress: ShardProgress;
  /** Images that were set aside, with reasons; the first few. */
  readonly examples: string[];
  readonly signal: AbortSignal;
}

export interface InferShardInput {
  readonly runId: string;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly shard: Shard;
  readonly rule: ScoreRule;
  /** What scores by cost go by. */
  readonly costs?: NamedCosts;
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
  /** Images of the shard that are set aside with a reason in `pred_error`, those of earlier attempts included. */
  readonly unreadable: number;
  /** The first of those that this attempt set aside, with reasons, for people; absent if there are none. */
  readonly examples?: readonly string[];
}

/** @param waitsMs - Before each further try to fetch an image that could not be fetched. */
export function inferShardActivity(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'runner' | 'workDir' | 'losses'>,
  waitsMs: readonly number[] = [1000, 2000, 4000],
) {
  const { engine, runner } = deps;
  // The labelling config of a thousand classes takes as long to read as twenty images.
  const answersFor = rememberLast(answersOf);
  return {
    /**
     * Steps 6 and 7 for one shard: predicts, scores, and writes `prediction`, `pred_score` and `pred_run`. Heartbeats carry a cursor, from which
     * another attempt goes on, on any machine; rows behind it that carry this run's id are skipped. Fetching, predicting and writing overlap.
     *
     * An image that cannot be scored gets `pred_error` with the reason and no score, and the shard goes on: one that is gone, cannot be decoded,
     * cannot be fetched in four tries while others can, whose answer holds no probabilities, or that ends the thread or the process which
     * looks at it alone. One that is a near copy of an image of the hold-out gets `near_hold_out`, and is never asked. Feature vectors go to the
     * run's artifacts ({@link EmbeddingStore}) before `embedding_run` says so.
     *
     * @throws DomainError when no answer of the model holds probabilities, or it lacks the output that the score needs: final. What the service
     * failed with, when it fails for more than a tenth of the images, or for all; ModelCrashedError when more than eight end their thread: retried.
     */
    async inferShard(input: InferShardInput): Promise<InferShardResult> {
      const signal = cancellationSignal();
      const model = await runner.load(await modelFolder(deps, input.runId, signal));
      const rule = await keepAlive(scoreRuleFor(deps, model, input, signal));
      const losses = await lossesFor(model, input, signal);
      const answers = answersFor({ ...input.scheme, classes: model.classes });
      const copies = await holdOutCopies(engine, input.datasource.id, signal);
      const progress = new ShardProgress(input.shard, activityInfo().heartbeatDetails);
      const store = await EmbeddingStore.open(deps.tracker, model, input, signal);
      const outside = new Set<string>();
      const examples = new Array<string>();
      const work = {
        input,
        model,
        rule,
        losses,
        answers,
        copies,
        store,
        outside,
        progress,
        examples,
        signal,
      };
      heartbeat(progress.mark);
      try {
        await keepAlive(
          inferRows(work).then((left) => inferOneByOne(work, left)),
          () => progress.mark,
        );
      } catch (error) {
        heartbeat(progress.lastMark);
        throw error;
      }
      return { ...progress.counts, ...(work.examples.length > 0 && { examples: work.examples }) };
    },
  };

  async function lossesFor(
    model: LoadedModel,
    input: InferShardInput,
    signal: AbortSignal,
  ): Promise<PredictLosses | null> {
    const { rule, scheme, runId } = input;
    if (rule.score !== 'predicted-loss' || !learnsLosses(model, scheme)) return null;
    const run = await deps.tracker.getRun(runId, signal);
    return keepAlive(lossesOf(deps, { run, model }, input, signal));
  }

  /** All rows of the shard, in a pipeline. Answers those that are to be looked at once more, each alone. */
  async function inferRows(work: Work): Promise<readonly string[]> {
    const { input, model, progress, signal } = work;
    const { rootUrl } = input.datasource;
    const suspects: string[] = [];
    const faults = new FetchFaults();
    const fetched = mapAhead(chunksOfPages(unsuspected(), model.imagesAtOnce), stepsAhead, async (paths) => {
      const found = await fetchImages(engine, { rootUrl, paths, model }, signal);
      faults.add(paths.length, found.failed);
      return found;
    });
    const predicted = mapAhead(fetched, stepsAhead, async ({ items, missing }) => {
      const ids = items.map(({ id }) => id);
      try {
        return [...missing, ...(await answersTo(work, items))];
      } catch (error) {
        if (!(error instanceof ModelCrashedError)) throw error;
        suspects.push(...ids);
        return missing;
      }
    });
    const written = mapAhead(gathered(predicted, writtenImages), stepsAhead, async (images) => {
      await writeAnswers(work, images);
      heartbeat(progress.mark);
    });
    while (!(await written.next()).done);
    return [...suspects, ...faults.failed.map(({ path }) => path)];

    async function* unsuspected(): AsyncGenerator<readonly string[]> {
      let spared = progress.isSuspicious ? suspectImages : 0;
      for await (const open of openPages(work)) {
        suspects.push(...open.slice(0, spared));
        yield open.slice(spared);
        spared = Math.max(0, spared - open.length);
      }
    }
  }

  /** What the pipeline left: fetched again, and given to the model one by one. */
  function inferOneByOne(work: Work, paths: readonly string[]): Promise<void> {
    const { input, model, signal } = work;
    const { datasource } = input;
    const { rootUrl } = datasource;
    const steps: LeftSteps = {
      waitsMs,
      fetch: (some) => fetchImages(engine, { rootUrl, paths: some, model }, signal),
      answer: (items) => answersTo(work, items),
      write: (images) => writeAnswers(work, images),
      mark: (images) => writeErrors(work, images),
      unmark: (some) =>
        writeErrors(
          work,
          some.map((id) => ({ id, unreadable: null })),
        ),
      givesOthers: (failed) => givesOthers(engine, { datasource, failed }, signal),
    };
    return inferLeft(steps, paths);
  }

  async function answersTo(
    { input, model, rule, losses, store, signal }: Work,
    items: readonly (EncodedImage | KeptImage)[],
  ): Promise<Answer[]> {
    const maskTerms = rule.boxes.mask !== undefined;
    const embed = losses !== null || store !== null;
    const asked = maskTerms || embed ? items.map((item) => ({ ...item, maskTerms, embed })) : items;
    const said = await predict(model, input.scheme.task, asked, signal);
    return quarantineAnswers(losses?.(said) ?? said, rule, input.runId);
  }

  /**
   * The rows that are to be predicted, page by page, behind the cursor. Where vectors are kept, a file of them is of the same images in every
   * attempt: of its rows all are predicted again, or none.
   */
  async function* openPages({ input, outside, progress, signal }: Work): AsyncGenerator<readonly string[]> {
    const { predRun, predError, embeddingRun } = fields;
    const { runId, datasource } = input;
    const embed = input.embedFor !== undefined;
    const { after } = progress.mark.left;
    let { images: left } = progress.mark.left;
    if (left === 0) return;
    const pages = engine.queryDatapoints(
      {
        datasourceId: datasource.id,
        where: embed ? inTrain : inPool,
        select: [predRun.name, predError.name, ...(embed ? [embeddingRun.name, ...poolFields] : [])],
        pageSize: Math.min(left, pageImages),
        ...(after !== null && { after }),
      },
      signal,
    );
    // A server may give smaller pages than it was asked for.
    let rows: Datapoint[] = [];
    for await (const { datapoints, endCursor } of pages) {
      rows.push(...datapoints.slice(0, left));
      left = endCursor === null ? 0 : Math.max(0, left - datapoints.length);
      // Files of vectors are whole behind the cursor.
      if (embed && left > 0 && rows.length % writtenImages !== 0) continue;
      const part = { open: new Array<string>(), done: 0, unreadable: 0 };
      for (const group of chunksOf(rows, embed ? writtenImages : 1)) {
        const states = group.map(stateOf);
        if (states.includes('open')) part.open.push(...group.map(({ path }) => path));
        else for (const state of states) part[state === 'done' ? 'done' : 'unreadable'] += 1;
      }
      progress.read({ ...part, rest: { after: endCursor, images: left } });
      yield part.open;
      rows = [];
      if (left === 0) return;
    }

    function stateOf(datapoint: Datapoint): RowState {
      const { path, fields: row } = datapoint;
      if (embed && !isInPool(datapoint)) outside.add(path);
      if (String(row[predError.name] ?? '').startsWith(`${runId}:`)) return 'unreadable';
      const isEmbedded = !embed || row[embeddingRun.name] === runId;
      return isEmbedded && (row[predRun.name] === runId || outside.has(path)) ? 'done' : 'open';
    }
  }

  /** Answers with scores, and reasons for those without. */
  async function writeAnswers(work: Work, images: readonly Answer[]): Promise<void> {
    const { input, model, rule, answers, copies, store, outside, progress, examples, signal } = work;
    const { datasource, runId } = input;
    const embedded = (await store?.put(images, signal)) ?? [];
    const { name: key, valueType } = fields.embeddingRun;
    const entries = embedded.map((path): MetadataEntry => ({ path, key, valueType, value: runId }));
    const done: MetadataEntry[] = [];
    for (const answer of images) {
      if ('unreadable' in answer) {
        entries.push(errorEntry(runId, answer));
        continue;
      }
      if (outside.has(answer.id)) continue;
      entries.push(...predictionEntries(answer));
      done.push({ path: answer.id, key: fields.predRun.name, valueType: 'STRING', value: runId });
    }
    // `pred_run` goes in a request of its own, after the rest: a row that carries it is complete.
    await engine.updateMetadata({ datasourceId: datasource.id, entries }, signal);
    await engine.updateMetadata({ datasourceId: datasource.id, entries: done }, signal);
    for (const answer of images) {
      progress.written(answer.id, 'unreadable' in answer ? 'unreadable' : 'done');
      if ('unreadable' in answer && examples.length < toldImages)
        examples.push(`${answer.id}: ${answer.unreadable}`.slice(0, 200));
    }

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
  async function writeErrors({ input, signal }: Work, images: readonly Reason[]): Promise<void> {
    const entries = images.map((one) => errorEntry(input.runId, one));
    await engine.updateMetadata({ datasourceId: input.datasource.id, entries }, signal);
  }
}

/** Without a reason it becomes one that speaks of no run, in place of an earlier run's. */
function errorEntry(runId: string, { id, unreadable }: Reason): MetadataEntry {
  const value = unreadable === null ? 'none' : `${runId}: ${unreadable}`.slice(0, 500);
  return { path: id, key: fields.predError.name, valueType: 'STRING', value };
}
