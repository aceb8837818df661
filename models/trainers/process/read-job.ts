import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { trainContract, trainJobSchema, type TrainJob } from '../job.ts';
import { trainingParams, type TrainingParams } from './params.ts';
import { TrainerExit } from './trainer-exit.ts';

export interface OpenJob {
  readonly job: TrainJob;
  readonly params: TrainingParams;
  /** Absolute path of a file that the job names. */
  readonly path: (relative: string) => string;
}

/** @throws TrainerExit 64 for what is no classification job of this contract, 78 for a bad parameter. */
export async function readJob(jobFile: string | undefined): Promise<OpenJob> {
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
  checkAbilities(job);
  return {
    job,
    params: trainingParams(job.params),
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

function checkAbilities({ task, classes, init_model, init_checkpoint }: TrainJob): void {
  if (task !== 'classification')
    throw new TrainerExit('contract', `The built-in trainer learns classification only, not ${task}.`);
  if (classes.length < 2 || new Set(classes).size !== classes.length)
    throw new TrainerExit(
      'data',
      `A classifier needs two or more different classes, not ${classes.join(', ')}.`,
    );
  if (init_model !== null || init_checkpoint !== null)
    throw new TrainerExit('contract', 'The built-in trainer always starts anew; it takes no init_model.');
}
