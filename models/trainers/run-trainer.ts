import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DomainError, TrainerError } from '../../core/errors.ts';
import type { ModelTask } from '../../core/model-task.ts';
import { cardFileName, modelFileName, readModelFolder, type ModelCard } from '../card.ts';
import { nodeCommand } from '../node-entry.ts';
import { trainJobSchema, type TrainJob, type TrainerEvent } from './job.ts';
import { TrainerProcess, type TrainerEnd } from './trainer-process.ts';

export interface RunTrainerInput {
  /** Program and arguments; the job file becomes the last one. Never passed through a shell. */
  readonly command: readonly string[];
  readonly jobFile: string;
  /** Variables for the trainer besides the allow-list; no token of ours belongs here. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainerEvent) => void;
  /** Told the trainer's process id, which is its group's too. */
  readonly onSpawn?: (pid: number) => void;
  /** Silence after which the trainer is stopped; 120 s by default. */
  readonly stallMs?: number;
  /** Between SIGTERM and SIGKILL; 15 s by default. */
  readonly graceMs?: number;
  /** Backstop for a trainer that ignores its own limit. */
  readonly maxSeconds: number;
}

export interface TrainerResult {
  readonly modelFile: string;
  readonly cardFile: string;
  readonly card: ModelCard;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Runs a trainer that speaks `al-train/1` as a child process and checks what it leaves behind.
 *
 * However the trainer ends, nothing of its process group lives on. Aborting asks it to write a checkpoint and leave (SIGTERM), and
 * kills it after the grace period.
 *
 * @throws `signal.reason` after an abort, else {@link TrainerError}, which knows whether another attempt can succeed.
 */
export async function runTrainer(input: RunTrainerInput): Promise<TrainerResult> {
  const { command, jobFile, signal } = input;
  signal.throwIfAborted();
  if (!command[0]) throw new TrainerError('The trainer has no command.', { retryable: false });
  const job = await readJob(jobFile);
  const end = await new TrainerProcess(input).run();
  signal.throwIfAborted();
  return resultOf(end, job, input);
}

/**
 * What a trainer that has ended leaves behind, checked.
 *
 * @throws {@link TrainerError} for a bad end or a bad result.
 */
export async function resultOf(
  end: TrainerEnd,
  job: TrainJob,
  input: Pick<RunTrainerInput, 'command' | 'jobFile' | 'stallMs' | 'maxSeconds'>,
): Promise<TrainerResult> {
  const failure = failureOf(end, input.command[0] ?? '', input);
  if (failure) throw failure;
  return checkedResult(end, job, input.jobFile);
}

/** The trainers that come with this package, by their module. */
const builtInTrainers: Readonly<Record<ModelTask, string>> = {
  classification: 'ort-cnn/main',
  detection: 'ort-detector/main',
  segmentation: 'ort-detector/main',
};

/** The argv of the trainer of a task that needs nothing but this package. */
export function builtInTrainerCommand(task: ModelTask): string[] {
  return nodeCommand(import.meta.url, builtInTrainers[task]);
}

async function readJob(jobFile: string): Promise<TrainJob> {
  const parsed = trainJobSchema.safeParse(JSON.parse(await readFile(jobFile, 'utf8')));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DomainError(`${jobFile}: wrong at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

/** Exit codes that another attempt cannot change: unknown contract or task, bad data, missing library, bad parameter. */
const finalExitCodes = new Set([64, 65, 69, 78]);

function failureOf(
  end: TrainerEnd,
  program: string,
  input: Pick<RunTrainerInput, 'stallMs' | 'maxSeconds'>,
): TrainerError | null {
  const { stallMs, maxSeconds } = input;
  if (end.spawnError) {
    const { code, message } = end.spawnError;
    const isMissing = code === 'ENOENT' || code === 'EACCES';
    const reason = code === 'ENOENT' ? 'no such program' : (code ?? message);
    return new TrainerError(`The trainer could not be started: ${program}: ${reason}.`, {
      retryable: !isMissing,
      cause: end.spawnError,
    });
  }
  if (end.stopped === 'listener') throw end.listenerError;
  if (end.stopped === 'silent')
    return retryable(
      `The trainer was silent for ${(stallMs ?? 120_000) / 1000} s and was stopped${tail(end)}`,
    );
  if (end.stopped === 'late')
    return retryable(`The trainer did not end within ${maxSeconds} s and was stopped${tail(end)}`);
  if (end.code === 0)
    return end.done ? null : retryable(`The trainer ended without the event "done"${tail(end)}`);
  if (end.code === null) return retryable(`The trainer was ended by ${end.signal ?? 'a signal'}${tail(end)}`);
  return new TrainerError(
    end.error
      ? `The trainer failed (exit code ${end.code}): ${end.error.message}`
      : `The trainer failed with exit code ${end.code}${tail(end)}`,
    { retryable: !finalExitCodes.has(end.code) },
  );
}

function retryable(message: string): TrainerError {
  return new TrainerError(message, { retryable: true });
}

/** The end of the trainer's own words, on one line. */
function tail({ stderrTail }: TrainerEnd): string {
  const words = stderrTail.replace(/\s+/g, ' ').trim();
  return words === '' ? '.' : `; its last words: ${words}`;
}

async function checkedResult(end: TrainerEnd, job: TrainJob, jobFile: string): Promise<TrainerResult> {
  const outDir = resolve(dirname(jobFile), job.out_dir);
  const outputs = end.done?.outputs;
  for (const [said, expected] of [
    [outputs?.model, modelFileName],
    [outputs?.card, cardFileName],
  ] as const)
    if (resolve(dirname(jobFile), said ?? '') !== join(outDir, expected))
      throw new TrainerError(`The trainer's output ${said ?? ''} is not ${job.out_dir}/${expected}.`, {
        retryable: false,
      });
  const folder = await readModelFolder(outDir).catch((cause: unknown) => {
    throw new TrainerError(
      `The trainer's model cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      { retryable: true, cause },
    );
  });
  const { card } = folder;
  if (card.task !== job.task || JSON.stringify(card.classes) !== JSON.stringify(job.classes))
    throw new TrainerError(
      `The trainer made a ${card.task} model of the classes ${card.classes.join(', ')}; the job asked for ` +
        `${job.task} of ${job.classes.join(', ')}.`,
      { retryable: false },
    );
  return { ...folder, metrics: end.done?.metrics ?? {} };
}
