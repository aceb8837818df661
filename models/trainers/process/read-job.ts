import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { trainContract, trainJobSchema, type TrainJob } from '../job.ts';
import { TrainerExit } from './trainer-exit.ts';

export interface OpenJob<Params> {
  readonly job: TrainJob;
  readonly params: Params;
  /** Absolute path of a file that the job names. */
  readonly path: (relative: string) => string;
}

/** What a trainer takes on. */
export interface Abilities<Params> {
  readonly tasks: readonly TrainJob['task'][];
  readonly params: z.ZodType<Params>;
  /** Classes that a job needs at least. */
  readonly leastClasses: number;
}

/** @throws TrainerExit 64 for what is no job of this contract and task, 65 for bad classes, 78 for a bad parameter. */
export async function readJob<Params>(
  jobFile: string | undefined,
  abilities: Abilities<Params>,
): Promise<OpenJob<Params>> {
  if (jobFile === undefined) throw new TrainerExit('contract', 'Usage: main <job.json>');
  const value = await readJson(jobFile);
  const contract = (value as { contract?: unknown } | null)?.contract;
  if (contract !== trainContract)
    throw new TrainerExit(
      'contract',
      `${jobFile}: the contract is ${JSON.stringify(contract)}; this trainer speaks ${trainContract}.`,
    );
  const parsed = trainJobSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TrainerExit('contract', `${jobFile}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const job = parsed.data;
  checkAbilities(job, abilities);
  return {
    job,
    params: trainingParams(job.params, abilities.params),
    path: (relative) => resolve(dirname(jobFile), relative),
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new TrainerExit('contract', `${file}: cannot be read (${(error as Error).message})`);
  }
}

function checkAbilities(job: TrainJob, { tasks, leastClasses }: Abilities<unknown>): void {
  const { classes, task } = job;
  if (!tasks.includes(task))
    throw new TrainerExit(
      'contract',
      `This built-in trainer learns ${tasks.join(' and ')} only, not ${task}.`,
    );
  if (classes.length < leastClasses || new Set(classes).size !== classes.length)
    throw new TrainerExit(
      'data',
      `A model for ${task} needs ${leastClasses} or more different classes, not ${classes.join(', ')}.`,
    );
  if (job.init_checkpoint !== null)
    throw new TrainerExit(
      'contract',
      'The built-in trainers start from an init_model, not from an init_checkpoint.',
    );
}

function trainingParams<Params>(params: unknown, schema: z.ZodType<Params>): Params {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.join('.');
  throw new TrainerExit('parameter', `Bad parameter${place ? ` ${place}` : ''}: ${issue?.message ?? ''}`);
}
