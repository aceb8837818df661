import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import { cardFileName, modelFileName, readModelFolder } from '../../card.ts';
import { trainContract } from '../job.ts';
import { lengthOf } from '../learning/parameters.ts';
import { StepSession } from '../learning/step-session.ts';
import { initialState, untrainedValue, type TrainingState } from '../learning/training-state.ts';
import { CheckpointFolder } from './checkpoint-folder.ts';
import type { CommonParams } from './common-params.ts';
import { emit } from './emit.ts';
import { lockFolder } from './folder-lock.ts';
import { initialWeights } from './initial-weights.ts';
import type { Learner, Look, Trainer } from './learner.ts';
import { publishModel } from './publish-model.ts';
import { readJob, type OpenJob } from './read-job.ts';
import { StopRequest } from './stop-request.ts';
import { TrainerExit } from './trainer-exit.ts';
import { usableLook } from './usable-look.ts';

/** The contract asks for a sign of life every 10 s. */
const pulseMs = 4000;

/** Trains the job of a `job.json` to its end, or throws the {@link TrainerExit} that says why not. */
export async function train<Params extends CommonParams>(
  trainer: Trainer<Params>,
  jobFile: string | undefined,
): Promise<void> {
  const opened = await readJob(jobFile, trainer);
  const stop = new StopRequest(opened.job.limits.max_seconds);
  const unlock = await lockFolder(opened.path(opened.job.checkpoint_dir));
  try {
    await new Training(trainer, opened, stop).run();
  } finally {
    await unlock();
  }
}

class Training<Params extends CommonParams> {
  readonly #trainer: Trainer<Params>;
  readonly #opened: OpenJob<Params>;
  readonly #stop: StopRequest;
  readonly #checkpoints: CheckpointFolder;
  #lastSign = Date.now();
  #lastCheckpoint = Date.now();
  #step = 0;

  constructor(trainer: Trainer<Params>, opened: OpenJob<Params>, stop: StopRequest) {
    this.#trainer = trainer;
    this.#opened = opened;
    this.#stop = stop;
    const { job, path } = opened;
    this.#checkpoints = new CheckpointFolder(path(job.checkpoint_dir), job.run_key);
  }

  async run(): Promise<void> {
    const { job, params } = this.#opened;
    const earlier = await this.#earlierModel();
    if (earlier) {
      this.#start(params.steps);
      this.#done(earlier);
      return;
    }
    sharp.concurrency(job.limits.threads);
    sharp.cache(false);
    if (job.train.count === 0) throw new TrainerExit('data', `${job.train.manifest}: has no example.`);
    const resumed = job.resume ? await this.#checkpoints.load(warn) : null;
    this.#step = resumed?.step ?? 0;
    this.#start(resumed?.step ?? null);
    const learner = await this.#trainer.open(this.#opened, () => this.#pulse());
    const session = await StepSession.open(learner.trainingGraph, job.limits.threads);
    const final = await this.#learn(learner, session, await this.#firstState(learner, resumed));
    await session.close();

    const metrics = finalMetrics(final);
    const finished = await learner.finish(final.best?.value ?? final.value, metrics);
    const { name, version } = this.#trainer;
    await publishModel(this.#opened, { name, version }, finished, metrics);
    await learner.close();
    this.#done(metrics);
  }

  /** The metrics of the model that an earlier attempt of this very job has finished; what else lies there is removed. */
  async #earlierModel(): Promise<Record<string, number> | null> {
    const { job, path } = this.#opened;
    const outDir = path(job.out_dir);
    const folder = await readModelFolder(outDir).catch(() => null);
    if (job.resume && folder?.card.run_key === job.run_key) return folder.card.metrics;
    for (const name of [cardFileName, modelFileName]) await rm(join(outDir, name), { force: true });
    return null;
  }

  async #firstState({ parameters }: Learner, resumed: TrainingState | null): Promise<TrainingState> {
    const { job, path } = this.#opened;
    if (resumed?.value.length === lengthOf(parameters)) return resumed;
    if (resumed) warn('The checkpoint is not used: it holds another network.');
    const initial =
      job.init_model === null ? null : await initialWeights(path(job.init_model), job, parameters, warn);
    return initialState(initial ?? untrainedValue(parameters, job.seed));
  }

  async #learn(learner: Learner, session: StepSession, from: TrainingState): Promise<TrainingState> {
    const { job, params } = this.#opened;
    const { steps, batch, patience = Infinity } = params;
    const evalEverySteps = params.evalEverySteps ?? Math.max(10, Math.ceil(job.train.count / batch));
    const isStale = ({ step, best }: TrainingState): boolean =>
      best !== null && step - best.step >= patience * evalEverySteps;
    let state = from;
    this.#step = state.step;
    while (state.step < steps && !isStale(state)) {
      const next = await session.step(state, learner.batchAt(state.step), this.#rateAt(state.step));
      if (!Number.isFinite(next.loss) || !next.state.value.every(Number.isFinite))
        throw new TrainerExit(
          'internal',
          `The loss is no number any more at step ${next.state.step}; a smaller lr than ${params.lr} may help.`,
        );
      state = next.state;
      this.#step = state.step;
      if (state.step % evalEverySteps === 0 || state.step === steps) {
        const look = usableLook(await learner.look(state.value, () => this.#sign()));
        this.#progress({
          train_loss: state.lossSum / state.lossSteps,
          ...(look && { valid_loss: look.loss, ...look.metrics }),
          learning_rate: this.#rateAt(state.step),
          epoch: (state.step * batch) / job.train.count,
        });
        state = { ...withBest(state, look), lossSum: 0, lossSteps: 0 };
      }
      await this.#rest(state);
    }
    if (state.best === null && job.valid.count > 0)
      throw new TrainerExit(
        'internal',
        `The validation loss was never a number; a smaller lr than ${params.lr} may help.`,
      );
    return state;
  }

  /** From `lr` down to 0 along half a cosine. */
  #rateAt(step: number): number {
    const { lr, steps } = this.#opened.params;
    return lr * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
  }

  /** Between two steps: hears signals, writes a checkpoint when it is time, and stops when asked to. */
  async #rest(state: TrainingState): Promise<void> {
    await setImmediate();
    this.#sign();
    const exit = this.#stop.exit;
    const isDue = Date.now() - this.#lastCheckpoint >= this.#opened.params.checkpointEverySeconds * 1000;
    if (!exit && !isDue) return;
    await this.#checkpoints.save(state);
    this.#lastCheckpoint = Date.now();
    const path = relative(dirname(this.#opened.path('job.json')), this.#checkpoints.latestFile);
    emit({ event: 'checkpoint', step: state.step, path });
    if (exit) throw exit;
  }

  /** While nothing is learnt yet there is nothing to save: a request to stop is followed at once. */
  #pulse(): void {
    if (this.#stop.exit) throw this.#stop.exit;
    this.#sign();
  }

  #sign(): void {
    if (Date.now() - this.#lastSign >= pulseMs) this.#progress({});
  }

  #start(resumedFrom: number | null): void {
    const { job, params } = this.#opened;
    emit({
      event: 'start',
      contract: trainContract,
      trainer: this.#trainer.name,
      version: this.#trainer.version,
      device: 'cpu',
      total_steps: params.steps,
      resumed_from: resumedFrom,
      train: job.train.count,
      valid: job.valid.count,
    });
    if (job.limits.device !== 'cpu')
      emit({
        event: 'warning',
        message: `This trainer works on the CPU; ${job.limits.device} is left alone.`,
      });
  }

  #progress(metrics: Record<string, number>): void {
    this.#lastSign = Date.now();
    emit({ event: 'progress', step: this.#step, total: this.#opened.params.steps, metrics });
  }

  #done(metrics: Record<string, number>): void {
    const { out_dir: out } = this.#opened.job;
    const outputs = { model: join(out, modelFileName), card: join(out, cardFileName) };
    emit({ event: 'done', outputs, metrics });
  }
}

function warn(message: string): void {
  emit({ event: 'warning', message });
}

function withBest(state: TrainingState, look: Look | null): TrainingState {
  if (!look || (state.best && !(look.loss < state.best.validLoss))) return state;
  const { step, value } = state;
  return { ...state, best: { step, validLoss: look.loss, metrics: look.metrics, value } };
}

function finalMetrics({ best, step }: TrainingState): Record<string, number> {
  if (!best) return { best_step: step };
  return { valid_loss: best.validLoss, ...best.metrics, best_step: best.step };
}
