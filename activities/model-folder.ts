import { mkdtemp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';

/** The files of a model folder, in the order they are uploaded: the card comes last and makes the folder complete. */
export const modelArtifacts = ['model.onnx', 'model.json'] as const;

/**
 * The model of a training run as a local folder, downloaded once. The folder is filled aside and renamed, so a folder that is there is
 * whole; loading it checks the SHA-256 of the card.
 */
export async function modelFolder(
  { tracker, workDir }: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  runId: string,
  signal: AbortSignal,
): Promise<string> {
  const models = join(workDir, 'models');
  const folder = join(models, runId);
  if (await exists(folder)) return folder;
  await mkdir(models, { recursive: true });
  const aside = await mkdtemp(join(models, '.incoming-'));
  try {
    const run = await tracker.getRun(runId, signal);
    for (const name of modelArtifacts)
      await keepAlive(tracker.getArtifact({ run, path: `model/${name}`, file: join(aside, name) }, signal));
    await rename(aside, folder).catch(async (error: unknown) => {
      // Another shard's attempt was quicker; its folder is as good.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
