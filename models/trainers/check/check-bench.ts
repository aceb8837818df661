import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cardFileName, modelFileName } from '../../card.ts';
import { writeJob, type JobInput, type ManifestLine, type TrainJob } from '../job.ts';
import type { TrainerResult } from '../run-trainer.ts';
import type { TrainerEnd } from '../trainer-process.ts';
import { Attempt, type AttemptInput } from './attempt.ts';
import { drawSampleData, sampleClasses, type SampleData } from './sample-data.ts';
import { BrokenPromise, NotShown } from './trainer-check.ts';

export interface CheckOptions {
  readonly command: readonly string[];
  readonly task: TrainJob['task'];
  /** Side of the model's input. */
  readonly sizePx: number;
  readonly params: TrainJob['params'];
  /** ONNX file that the jobs name. */
  readonly backboneFile?: string;
  /** What the jobs tell the trainer to compute on; `cpu` by default. */
  readonly device?: string;
  /** Parameters that make the loss infinite, such as an absurd learning rate. */
  readonly nanParams?: TrainJob['params'];
  /** Time for one check. */
  readonly timeoutSeconds: number;
}

export interface CheckJob {
  readonly dir: string;
  readonly jobFile: string;
  readonly job: TrainJob;
}

/** The training that went through, as a measure for the others. */
export interface Learnt {
  readonly job: CheckJob;
  readonly attempt: Attempt;
  readonly result: TrainerResult;
  readonly seconds: number;
}

/** Where checks are carried out: a folder of sample images, and jobs on them. */
export class CheckBench {
  readonly options: CheckOptions;
  readonly dir: string;
  readonly data: SampleData;
  /** Of the check that runs; replaced for each. */
  signal = new AbortController().signal;
  /** Left by the first check. */
  #learnt: Learnt | undefined;
  /** A job that was stopped in the middle, for whoever goes on with it. */
  stopped: CheckJob | undefined;
  /** Process groups started so far. */
  readonly groups: number[] = [];
  #attempts: Attempt[] = [];

  private constructor(dir: string, options: CheckOptions, data: SampleData) {
    this.dir = dir;
    this.options = options;
    this.data = data;
  }

  static async open(dir: string, options: CheckOptions): Promise<CheckBench> {
    return new CheckBench(dir, options, await drawSampleData(join(dir, 'images'), options.task));
  }

  /** @throws NotShown when no training went through. */
  get learnt(): Learnt {
    if (!this.#learnt) throw new NotShown('needs a training that went through');
    return this.#learnt;
  }
  set learnt(learnt: Learnt) {
    this.#learnt = learnt;
  }

  /** A failure says something only of a trainer that can do better. @throws NotShown when no training went through. */
  expectLearnt(): void {
    if (!this.#learnt) throw new NotShown('needs a training that went through');
  }

  /** A job in a folder of its own. Equal changes make equal jobs, `run_key` included. */
  async job(name: string, change: Partial<JobInput> = {}): Promise<CheckJob> {
    const { task, sizePx, params, backboneFile, device, timeoutSeconds } = this.options;
    const dir = join(this.dir, name.replaceAll(' ', '-'));
    const written = await writeJob(dir, {
      jobId: `check/${name}`,
      cycle: 1,
      seed: 1,
      task,
      classes: sampleClasses,
      input: { width: sizePx, height: sizePx, channels: 3 },
      train: this.data.train,
      valid: this.data.valid,
      params,
      ...(backboneFile !== undefined && { backboneFile }),
      ...(device !== undefined && { device }),
      maxSeconds: timeoutSeconds,
      ...change,
    });
    return { dir, ...written };
  }

  /** A job whose `line`-th training example, from 1, is another one. */
  async jobWithLine(
    name: string,
    line: number,
    change: (example: ManifestLine) => ManifestLine,
  ): Promise<CheckJob> {
    return this.job(name, {
      train: this.data.train.map((one, index) => (index === line - 1 ? change(one) : one)),
    });
  }

  /** Changes what `job.json` says, past everything that the host would see to. */
  async rewrite({ jobFile, job }: CheckJob, change: Readonly<Record<string, unknown>>): Promise<void> {
    await writeFile(jobFile, JSON.stringify({ ...job, ...change }));
  }

  start({ jobFile }: CheckJob, change: Partial<AttemptInput> = {}): Attempt {
    const { command, timeoutSeconds } = this.options;
    const attempt = new Attempt({
      command,
      jobFile,
      signal: this.signal,
      maxSeconds: timeoutSeconds,
      ...change,
    });
    this.#attempts.push(attempt);
    this.groups.push(attempt.pid);
    return attempt;
  }

  /** Ends what the check that is over has left running. */
  async tidy(): Promise<void> {
    for (const attempt of this.#attempts) attempt.stop();
    await Promise.all(this.#attempts.map(({ ended }) => ended));
    this.#attempts = [];
  }

  /** Starts a job and waits until it is in the middle. @throws NotShown when it is over before. */
  async startToMiddle(job: CheckJob, change: Partial<AttemptInput> = {}): Promise<Attempt> {
    const attempt = this.start(job, change);
    const isMiddle = await attempt.until(
      (event) => event.event === 'progress' && event.step > 0 && event.step < event.total,
    );
    if (!isMiddle) await this.tooShort(attempt);
    return attempt;
  }

  /** Why there was nothing to interrupt. */
  async tooShort(attempt: Attempt): Promise<never> {
    const end = await attempt.ended;
    if (end.done) throw new NotShown('it was done before it could be interrupted: make it longer by --param');
    throw new BrokenPromise(`it was to be interrupted, but ${describeEnd(end)}`);
  }

  /** @throws BrokenPromise when a model lies in the job's `out` folder. */
  expectNoModel({ dir, job }: CheckJob): void {
    const out = resolve(dir, job.out_dir);
    for (const name of [modelFileName, cardFileName])
      if (existsSync(join(out, name)))
        throw new BrokenPromise(`it left ${job.out_dir}/${name} behind, which looks like a result`);
  }

  /** The checkpoint that an attempt told of last. @throws BrokenPromise when there is none. */
  expectCheckpoint({ jobFile, job }: CheckJob, attempt: Attempt): number {
    const event = attempt.last('checkpoint');
    if (!event) throw new BrokenPromise('it wrote no checkpoint');
    const folder = resolve(dirname(jobFile), job.checkpoint_dir);
    const file = resolve(dirname(jobFile), event.path);
    if (!file.startsWith(`${folder}/`))
      throw new BrokenPromise(`its checkpoint ${event.path} is not in ${job.checkpoint_dir}`);
    if (!existsSync(file)) throw new BrokenPromise(`its checkpoint ${event.path} is not there`);
    return event.step;
  }
}

/** How a trainer ended, in words. */
export function describeEnd({ code, signal, spawnError, error, stderrTail }: TrainerEnd): string {
  if (spawnError) return `it could not be started (${spawnError.code ?? spawnError.message})`;
  const how = code === null ? `it was ended by ${signal ?? 'a signal'}` : `it ended with exit code ${code}`;
  const words = error?.message ?? stderrTail.replace(/\s+/g, ' ').trim().slice(-300);
  return words === '' ? how : `${how}: ${words}`;
}
