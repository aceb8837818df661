import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cancellationDetails, cancellationSignal, heartbeat } from '@temporalio/activity';
import { z } from 'zod';
import type { LabelScheme } from '../core/answers/answers.ts';
import { allOf, equals, type FilterNode } from '../core/datapoints.ts';
import { DomainError, judge } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { startsWarm, type LoopSpec } from '../core/loop-spec.ts';
import type { DataEngineQuery, RunRef, TrainedModel, TrainingExample } from '../core/ports.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { isLabelled, labelledDatapoints } from './labelled-datapoints.ts';
import { localImage } from './local-images.ts';
import { mapBounded } from './map-bounded.ts';
import { MetricLog } from './metric-log.ts';
import { modelArtifacts, modelFolder } from './model-folder.ts';
import { countedFailure } from './trainer-failures.ts';

export interface TrainModelInput {
  readonly workflowId: string;
  readonly loop: string;
  readonly cycle: number;
  /** `owner/name`. */
  readonly repo: string;
  readonly datasource: { readonly id: string; readonly name: string; readonly rootUrl: string };
  readonly scheme: LabelScheme;
  readonly seed: number;
  readonly training: LoopSpec['training'];
  /** When the cycle began (ms since 1970); the run's start and the base of its metric timestamps, the same for every attempt. */
  readonly startTimeMs: number;
}

export interface TrainModelResult {
  readonly runId: string;
  readonly experimentId: string;
  readonly runUrl: string;
  /** Null where the server has no registry. */
  readonly modelVersion: string | null;
  readonly trainLabels: number;
  readonly validLabels: number;
}

/** Tag of a run whose model is complete; its value is the step's result. */
const doneTag = 'labelloop.trained';

const inTrain = equals(fields.split.name, 'train', 'STRING');
const inValid = allOf(
  equals(fields.split.name, 'valid', 'STRING'),
  equals(fields.selectedAs.name, 'validation', 'STRING'),
);

const resultSchema = z.object({
  runId: z.string(),
  experimentId: z.string(),
  runUrl: z.string(),
  modelVersion: z.string().nullable(),
  trainLabels: z.number(),
  validLabels: z.number(),
});

export function trainModelActivity(deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'trainer' | 'workDir'>) {
  const { tracker, trainer, workDir } = deps;
  return {
    /**
     * Steps 3 and 4: trains on the annotated part of `train`, stops by the validation set, and leaves an MLflow run with the model, its
     * losses by epoch, the dataset digests and a registry version. Key: the run's tag `<workflow id>/<cycle>/train`; a run that is
     * complete is answered as it is. A warm start takes the model of the cycle before. Heartbeats the trainer's step; another attempt on this machine resumes its checkpoint.
     *
     * @throws {@link DomainError} when nothing is labelled, or an image or label is bad: final. TrainerError: by its exit code, and
     * final when it comes for the third time. A final error ends the run as FAILED, a cancellation as KILLED.
     */
    async trainModel(input: TrainModelInput): Promise<TrainModelResult> {
      const signal = cancellationSignal();
      const run = await ensureTrainingRun(input, signal);
      const done = run.tags[doneTag];
      if (done !== undefined) {
        await close(run, signal);
        return resultSchema.parse(JSON.parse(done));
      }
      try {
        return await trainInRun(input, run, signal);
      } catch (error) {
        const status = finalStatus(error, signal);
        // The attempt's own error matters more than one of closing its run.
        if (status) await tracker.finishRun(run.runId, status, Date.now()).catch(() => undefined);
        throw signal.aborted ? signal.reason : error;
      }
    },
  };

  /** The end of a run whose model is complete; an earlier attempt may have died on the way. */
  async function close(run: RunRef, signal: AbortSignal): Promise<void> {
    if (run.status !== 'FINISHED') await tracker.finishRun(run.runId, 'FINISHED', Date.now(), signal);
    await rm(jobFolder(run), { recursive: true, force: true });
  }

  function jobFolder(run: RunRef): string {
    return join(workDir, 'jobs', run.runId);
  }

  async function trainInRun(
    input: TrainModelInput,
    run: RunRef,
    signal: AbortSignal,
  ): Promise<TrainModelResult> {
    const asOf = Math.floor(Date.now() / 1000);
    const train = await examples(input, inTrain, signal);
    const valid = await examples(input, inValid, signal);
    if (train.length === 0)
      throw new DomainError(`No image of the train split is annotated; nothing to learn from.`);
    if (valid.length === 0)
      throw new DomainError(
        `No image of the validation set is annotated; training could not be stopped by it.`,
      );

    const jobDir = jobFolder(run);
    await mkdir(jobDir, { recursive: true });
    const initModelDir = await earlierModel(input, run, signal);
    const metrics = await MetricLog.open(join(jobDir, 'metrics.jsonl'), run, input.startTimeMs, deps);
    const attempt = trainer.train(
      {
        jobDir,
        jobId: runKey(input),
        cycle: input.cycle,
        seed: input.seed,
        task: input.scheme.task,
        classes: input.scheme.classes,
        input: input.training.input,
        train,
        valid,
        maxSeconds: input.training.maxSeconds,
        params: input.training.params,
        trainer: input.training.trainer,
        dataEngine: queryOf(input, asOf),
        ...(initModelDir !== null && { initModelDir }),
      },
      {
        progress: ({ step, totalSteps, metrics: values }) => {
          heartbeat({ step, totalSteps });
          metrics.add(step, values);
        },
        alive: () => heartbeat('alive'),
      },
      signal,
    );
    const model = await attempt.catch(async (error: unknown) => {
      throw signal.aborted ? error : await countedFailure(jobDir, error);
    });
    await metrics.flush(signal);
    const result = await publish(input, run, model, { train, valid }, signal);
    await close(run, signal);
    return result;
  }

  /** The last cycle's model as a folder, if this training is to start from it and there is one. */
  async function earlierModel(
    input: TrainModelInput,
    run: RunRef,
    signal: AbortSignal,
  ): Promise<string | null> {
    if (!startsWarm({ task: input.scheme.task, training: input.training })) return null;
    const key = runKey({ ...input, cycle: input.cycle - 1 });
    const earlier = await tracker.findRun({ experimentId: run.experimentId, key }, signal);
    return earlier?.tags[doneTag] === undefined ? null : modelFolder(deps, earlier.runId, signal);
  }

  async function ensureTrainingRun(input: TrainModelInput, signal: AbortSignal): Promise<RunRef> {
    const experimentId = await tracker.ensureExperiment(input.loop, signal);
    return tracker.ensureRun(
      {
        experimentId,
        key: runKey(input),
        name: `cycle ${input.cycle}`,
        startTimeMs: input.startTimeMs,
        tags: {
          'labelloop.loop': input.loop,
          'labelloop.cycle': String(input.cycle),
          'labelloop.step': 'train',
        },
      },
      signal,
    );
  }

  async function examples(
    input: TrainModelInput,
    where: FilterNode,
    signal: AbortSignal,
  ): Promise<TrainingExample[]> {
    const found: TrainingExample[] = [];
    const { datasource, scheme } = input;
    for await (const page of labelledDatapoints(
      deps,
      { datasourceId: datasource.id, where, scheme },
      signal,
    )) {
      heartbeat({ images: found.length });
      const files = mapBounded(page, 8, async ({ path, truth }) => ({
        id: path,
        truth,
        file: await localImage(deps, { rootUrl: datasource.rootUrl, path }, signal),
      }));
      found.push(...(await keepAlive(files)));
    }
    return found;
  }

  /** Uploads the model, ties the datasets, registers the version; the tag comes last and makes the run complete. */
  async function publish(
    input: TrainModelInput,
    run: RunRef,
    model: TrainedModel,
    data: { train: readonly TrainingExample[]; valid: readonly TrainingExample[] },
    signal: AbortSignal,
  ): Promise<TrainModelResult> {
    const labels = join(model.modelDir, 'labels.json');
    await writeFile(
      labels,
      JSON.stringify({ train: data.train.map(pathAndTruth), valid: data.valid.map(pathAndTruth) }),
    );
    for (const path of [...modelArtifacts, 'labels.json'])
      await keepAlive(
        tracker.putArtifact({ run, path: `model/${path}`, file: join(model.modelDir, path) }, signal),
      );
    heartbeat('uploaded');
    const source = input.datasource.rootUrl;
    await tracker.logDataset(
      run.runId,
      { name: `${input.loop}-train`, digest: model.trainSha256, source, context: 'training' },
      signal,
    );
    await tracker.logDataset(
      run.runId,
      { name: `${input.loop}-valid`, digest: model.validSha256, source, context: 'validation' },
      signal,
    );
    const modelVersion = await tracker.ensureModelVersion(
      { name: input.loop, run, path: 'model', tags: { 'labelloop.cycle': String(input.cycle) } },
      signal,
    );
    const result: TrainModelResult = {
      runId: run.runId,
      experimentId: run.experimentId,
      runUrl: tracker.runUrl(run),
      modelVersion,
      trainLabels: data.train.length,
      validLabels: data.valid.length,
    };
    const tags = { 'labelloop.model.sha256': model.sha256, [doneTag]: JSON.stringify(result) };
    // Parameters go with the tag: MLflow lets nobody change them, and a training that is started again may see other labels.
    await tracker.logBatch(run.runId, { params: paramsOf(input, data), tags }, signal);
    return result;
  }
}

/** The key of a cycle's training: the same for every attempt. */
/** The key of a cycle's MLflow run. */
export function runKey(input: Pick<TrainModelInput, 'workflowId' | 'cycle'>): string {
  return `${input.workflowId}/${input.cycle}/train`;
}

/** The queries that {@link labelledDatapoints} sends for the two sets. */
function queryOf({ repo, datasource: { id, name } }: TrainModelInput, asOf: number): DataEngineQuery {
  return {
    repo,
    datasource: { id, name },
    asOf,
    where: { train: isLabelled(inTrain), valid: isLabelled(inValid) },
  };
}

function pathAndTruth({ id, truth }: TrainingExample): { path: string } & Truth {
  return { path: id, ...truth };
}

function paramsOf(
  input: TrainModelInput,
  { train, valid }: { train: readonly TrainingExample[]; valid: readonly TrainingExample[] },
): Record<string, string> {
  const { trainer, input: image, params } = input.training;
  return {
    task: input.scheme.task,
    cycle: String(input.cycle),
    seed: String(input.seed),
    trainer: typeof trainer === 'string' ? trainer : trainer.join(' '),
    input: `${image.width}x${image.height}x${image.channels}`,
    train_labels: String(train.length),
    valid_labels: String(valid.length),
    ...Object.fromEntries(Object.entries(params).map(([key, value]) => [`param.${key}`, String(value)])),
  };
}

/** How the run ends after an error; null when another attempt goes on with it (a worker that shuts down is no cancellation). */
function finalStatus(error: unknown, signal: AbortSignal): 'KILLED' | 'FAILED' | null {
  if (signal.aborted) return cancellationDetails()?.cancelRequested ? 'KILLED' : null;
  return judge(error).retry ? null : 'FAILED';
}
