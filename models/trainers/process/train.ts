import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import { cardFileName, modelFileName, readModelFolder } from '../../card.ts';
import { trainContract } from '../job.ts';
import { Batches } from './batches.ts';
import { CheckpointFolder } from './checkpoint-folder.ts';
import { emit } from './emit.ts';
import { Engine } from './engine.ts';
import { readExamples, type Examples } from './examples.ts';
import { lockFolder } from './folder-lock.ts';
import { parameterCount } from './graphs.ts';
import type { NetworkShape } from './network.ts';
import { publishModel, trainer } from './publish-model.ts';
import { readJob, type OpenJob } from './read-job.ts';
import { StopRequest } from './stop-request.ts';
import { fitTemperature, type Answers } from './temperature.ts';
import { TrainerExit } from './trainer-exit.ts';
import { initialState, type TrainingState } from './training-state.ts';

/** The contract asks for a sign of life every 10 s. */
const pulseMs = 4000;

/** Trains the job of a `job.json` to its end, or throws the {@link TrainerExit} that says why not. */
export async function trainClassifier(jobFile: string | undefined): Promise<void> {
  const opened = await readJob(jobFile);
  const stop = new StopRequest(opened.job.limits.max_seconds);
  const unlock = await lockFolder(opened.path(opened.job.checkpoint_dir));
  try {
    await new Training(opened, stop).run();
  } finally {
    await unlock();
  }
}

class Training {
  readonly #opened: OpenJob;
  readonly #stop: StopRequest;
  readonly #checkpoints: CheckpointFolder;
  #lastSign = Date.now();
  #lastCheckpoint = Date.now();
  #step = 0;

  constructor(opened: OpenJob, stop: StopRequest) {
    this.#opened = opened;
    this.#stop = stop;
    const { job, path } = opened;
    this.#checkpoints = new CheckpointFolder(path(job.checkpoint_dir), job.run_key);
  }

  async run(): Promise<void> {
    const { job, params, path } = this.#opened;
    const outDir = path(job.out_dir);
    const earlier = await this.#earlierModel(outDir);
    if (earlier) {
      this.#start(params.steps);
      this.#done(earlier);
      return;
    }
    const sets = await this.#readSets();
    const shape = networkShape(this.#opened, sets.train);
    const engine = await Engine.open(shape, params, job.limits.threads);
    const state = await this.#firstState(shape);
    const final = await this.#learn(engine, state, sets);
    await engine.close();

    const metrics = finalMetrics(final);
    const { value, temperature } = final.best ?? { value: final.value, temperature: 1 };
    await publishModel(outDir, job, params, { shape, value, temperature, metrics }, sets);
    this.#done(metrics);
  }

  /** The metrics of the model that an earlier attempt of this very job has finished; what else lies there is removed. */
  async #earlierModel(outDir: string): Promise<Record<string, number> | null> {
    const folder = await readModelFolder(outDir).catch(() => null);
    if (this.#opened.job.resume && folder?.card.run_key === this.#opened.job.run_key)
      return folder.card.metrics;
    for (const name of [cardFileName, modelFileName]) await rm(join(outDir, name), { force: true });
    return null;
  }

  async #readSets(): Promise<{ train: Examples; valid: Examples }> {
    const { job, path } = this.#opened;
    sharp.concurrency(job.limits.threads);
    sharp.cache(false);
    const pulse = (): void => this.#pulse();
    const train = await readExamples(job, job.train, path(job.train.manifest), pulse);
    if (train.ids.length === 0) throw new TrainerExit('data', `${job.train.manifest}: has no example.`);
    return { train, valid: await readExamples(job, job.valid, path(job.valid.manifest), pulse) };
  }

  async #firstState(shape: NetworkShape): Promise<TrainingState> {
    const { job } = this.#opened;
    const resumed = job.resume
      ? await this.#checkpoints.load(parameterCount(shape), (message) => emit({ event: 'warning', message }))
      : null;
    this.#start(resumed?.step ?? null);
    return resumed ?? initialState(shape, job.seed);
  }

  async #learn(
    engine: Engine,
    from: TrainingState,
    { train, valid }: { train: Examples; valid: Examples },
  ): Promise<TrainingState> {
    const { job, params } = this.#opened;
    const { steps, batch } = params;
    const evalEverySteps = params.evalEverySteps ?? Math.max(10, Math.ceil(train.ids.length / batch));
    const batches = new Batches(train, { ...params, ...job.input, classes: job.classes.length }, job.seed);
    let state = from;
    this.#step = state.step;
    while (state.step < steps) {
      const { loss, ...next } = await engine.step(state, batches.at(state.step));
      if (!Number.isFinite(loss) || !next.value.every(Number.isFinite))
        throw new TrainerExit(
          'internal',
          `The loss is no number any more at step ${next.step}; a smaller lr than ${params.lr} may help.`,
        );
      state = next;
      this.#step = state.step;
      if (state.step % evalEverySteps === 0 || state.step === steps) {
        const look = await this.#look(engine, state.value, valid);
        this.#progress({
          train_loss: state.lossSum / state.lossSteps,
          ...(look && {
            valid_loss: look.loss,
            valid_accuracy: look.accuracy,
            temperature: look.temperature,
          }),
          learning_rate: engine.rateAt(state.step),
          epoch: (state.step * batch) / train.ids.length,
        });
        state = { ...withBest(state, look), lossSum: 0, lossSteps: 0 };
      }
      await this.#rest(state);
    }
    return state;
  }

  /** How good the network is on the validation set, its certainty corrected. Null without one. */
  async #look(engine: Engine, value: Float32Array, valid: Examples): Promise<Look | null> {
    if (valid.ids.length === 0) return null;
    const answers = await engine.answers(value, valid, () => this.#sign());
    return { ...fitTemperature(answers), accuracy: accuracy(answers) };
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
      trainer: trainer.name,
      version: trainer.version,
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

interface Look {
  readonly loss: number;
  readonly accuracy: number;
  readonly temperature: number;
}

function withBest(state: TrainingState, look: Look | null): TrainingState {
  if (!look || (state.best && !(look.loss < state.best.validLoss))) return state;
  const { step, value } = state;
  const { loss: validLoss, accuracy: validAccuracy, temperature } = look;
  return { ...state, best: { step, temperature, validLoss, validAccuracy, value } };
}

/** Share of right answers, examples counted by weight. */
function accuracy({ logits, classes, labels, weights }: Answers): number {
  let [right, total] = [0, 0];
  for (const [row, label] of labels.entries()) {
    const scores = Array.from(logits.subarray(row * classes, (row + 1) * classes));
    const weight = weights[row] ?? 1;
    if (scores.indexOf(Math.max(...scores)) === label) right += weight;
    total += weight;
  }
  return right / total;
}

function finalMetrics({ best, step }: TrainingState): Record<string, number> {
  if (!best) return { best_step: step };
  const { validLoss, validAccuracy, temperature } = best;
  return { valid_loss: validLoss, valid_accuracy: validAccuracy, temperature, best_step: best.step };
}

function networkShape({ job, params }: OpenJob, train: Examples): NetworkShape {
  const { channels } = job.input;
  const count = train.pixels.length / channels;
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  for (const [index, byte] of train.pixels.entries()) {
    const channel = index % channels;
    sums[channel] = (sums[channel] ?? 0) + byte;
    squares[channel] = (squares[channel] ?? 0) + byte * byte;
  }
  const mean = sums.map((sum) => sum / count);
  const std = squares.map((square, channel) =>
    // An image set of one colour has no spread; 1 leaves it as it is.
    Math.max(1, Math.sqrt(Math.max(0, square / count - (mean[channel] ?? 0) ** 2))),
  );
  return { input: job.input, width: params.width, classes: job.classes.length, normalisation: { mean, std } };
}
