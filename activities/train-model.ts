import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { z } from 'zod';
import { allOf, equals, type FilterNode } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import type { Metric, RunRef, TrainedModel, TrainingExample } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { labelledDatapoints } from './labelled-datapoints.ts';
import { localImage } from './local-images.ts';
import { mapBounded } from './map-bounded.ts';
import { modelArtifacts } from './model-folder.ts';

export interface TrainModelInput {
  readonly workflowId: string;
  readonly loop: string;
  readonly cycle: number;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly classes: readonly string[];
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
     * complete is answered as it is. Heartbeats the trainer's step; another attempt on this machine resumes its checkpoint.
     *
     * @throws {@link DomainError} when nothing is labelled, or an image or label is bad: final. TrainerError: by its exit code.
     */
    async trainModel(input: TrainModelInput): Promise<TrainModelResult> {
      const signal = cancellationSignal();
      const run = await ensureTrainingRun(input, signal);
      const done = run.tags[doneTag];
      if (done !== undefined) return resultSchema.parse(JSON.parse(done));
      try {
        return await trainInRun(input, run, signal);
      } catch (error) {
        if (signal.aborted)
          await tracker.finishRun(run.runId, 'KILLED', input.startTimeMs).catch(() => undefined);
        throw error;
      }
    },
  };

  async function trainInRun(
    input: TrainModelInput,
    run: RunRef,
    signal: AbortSignal,
  ): Promise<TrainModelResult> {
    const train = await examples(input, equals(fields.split.name, 'train', 'STRING'), signal);
    const valid = await examples(
      input,
      allOf(
        equals(fields.split.name, 'valid', 'STRING'),
        equals(fields.selectedAs.name, 'validation', 'STRING'),
      ),
      signal,
    );
    if (train.length === 0)
      throw new DomainError(`No image of the train split is annotated; nothing to learn from.`);
    if (valid.length === 0)
      throw new DomainError(
        `No image of the validation set is annotated; training could not be stopped by it.`,
      );
    await tracker.logBatch(run.runId, { params: paramsOf(input, train, valid) }, signal);

    const jobDir = join(workDir, 'jobs', run.runId);
    await mkdir(jobDir, { recursive: true });
    const metrics = new MetricLog(run, input.startTimeMs, deps);
    const model = await trainer.train(
      {
        jobDir,
        jobId: runKey(input),
        cycle: input.cycle,
        seed: input.seed,
        task: 'classification',
        classes: input.classes,
        input: input.training.input,
        train,
        valid,
        maxSeconds: input.training.maxSeconds,
        params: input.training.params,
        trainer: input.training.trainer,
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
    await metrics.flush(signal);
    const result = await publish(input, run, model, { train, valid }, signal);
    await rm(jobDir, { recursive: true, force: true });
    return result;
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
    const { datasource, classes } = input;
    for await (const page of labelledDatapoints(
      deps,
      { datasourceId: datasource.id, where, classes },
      signal,
    )) {
      heartbeat({ images: found.length });
      found.push(
        ...(await mapBounded(page, 8, async ({ path, label }) => ({
          id: path,
          label,
          file: await localImage(deps, { rootUrl: datasource.rootUrl, path }, signal),
        }))),
      );
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
      JSON.stringify({ train: data.train.map(idAndLabel), valid: data.valid.map(idAndLabel) }),
    );
    for (const path of [...modelArtifacts, 'labels.json'])
      await tracker.putArtifact({ run, path: `model/${path}`, file: join(model.modelDir, path) }, signal);
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
    await tracker.logBatch(run.runId, { tags }, signal);
    await tracker.finishRun(run.runId, 'FINISHED', Date.now(), signal);
    return result;
  }
}

/** The key of a cycle's training: the same for every attempt. */
function runKey(input: Pick<TrainModelInput, 'workflowId' | 'cycle'>): string {
  return `${input.workflowId}/${input.cycle}/train`;
}

function idAndLabel({ id, label }: TrainingExample): { path: string; label: string } {
  return { path: id, label };
}

function paramsOf(
  input: TrainModelInput,
  train: readonly TrainingExample[],
  valid: readonly TrainingExample[],
): Record<string, string> {
  const { trainer, input: image, params } = input.training;
  return {
    cycle: String(input.cycle),
    seed: String(input.seed),
    trainer: typeof trainer === 'string' ? trainer : trainer.join(' '),
    input: `${image.width}x${image.height}x${image.channels}`,
    train_labels: String(train.length),
    valid_labels: String(valid.length),
    ...Object.fromEntries(Object.entries(params).map(([key, value]) => [`param.${key}`, String(value)])),
  };
}

/**
 * Sends metrics as they come, in the background and in order. The timestamp is the run's start plus the step, so that whatever attempt
 * sends a point, MLflow sees the same point.
 */
class MetricLog {
  readonly #run: RunRef;
  readonly #startTimeMs: number;
  readonly #tracker: ActivityDeps['tracker'];
  #waiting: Metric[] = [];
  #sending: Promise<void> = Promise.resolve();

  constructor(run: RunRef, startTimeMs: number, { tracker }: Pick<ActivityDeps, 'tracker'>) {
    this.#run = run;
    this.#startTimeMs = startTimeMs;
    this.#tracker = tracker;
  }

  add(step: number, values: Readonly<Record<string, number>>): void {
    const timestampMs = this.#startTimeMs + step;
    for (const [key, value] of Object.entries(values)) this.#waiting.push({ key, value, step, timestampMs });
    // A failure here is not lost: the batch stays waiting, and flush() sends it and throws.
    this.#sending = this.#sending.then(() => this.#send()).catch(() => undefined);
  }

  async flush(signal: AbortSignal): Promise<void> {
    await this.#sending;
    await this.#send(signal);
  }

  async #send(signal?: AbortSignal): Promise<void> {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    await this.#tracker.logBatch(this.#run.runId, { metrics: batch }, signal);
    this.#waiting = this.#waiting.slice(batch.length);
  }
}
