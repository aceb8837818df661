import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomainError } from '../core/errors.ts';
import { fileInMlflow } from '../core/file-in-mlflow.ts';
import type { RunRef } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';

/**
 * The ONNX file that `training.backbone.onnx` names, on this machine's disk with its card beside it. A run's file is downloaded once;
 * what an alias means is asked for each time.
 *
 * @throws {@link DomainError} when there is no such file.
 */
export async function backboneFile(
  deps: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  onnx: string,
  signal: AbortSignal,
): Promise<string> {
  const place = fileInMlflow(onnx);
  if (!place) {
    if (await exists(onnx)) return onnx;
    throw new DomainError(`training.backbone.onnx is ${onnx}; this worker has no such file.`);
  }
  if ('runId' in place)
    return downloaded(deps, await deps.tracker.getRun(place.runId, signal), place.path, signal);
  const found = await deps.tracker.findModelVersion(place, signal);
  if (!found) throw new DomainError(`training.backbone.onnx is ${onnx}; MLflow has no such model.`);
  return downloaded(deps, found.run, `${found.path}/model.onnx`, signal);
}

/** The folder is filled aside and renamed, so one that is there is whole. */
async function downloaded(
  { tracker, workDir }: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  run: RunRef,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const backbones = join(workDir, 'backbones');
  const key = createHash('sha256').update(`${run.runId}\n${path}`).digest('hex');
  const folder = join(backbones, key);
  const name = basename(path);
  if (await exists(folder)) return join(folder, name);
  await mkdir(backbones, { recursive: true });
  const aside = await mkdtemp(join(backbones, '.incoming-'));
  try {
    await keepAlive(tracker.getArtifact({ run, path, file: join(aside, name) }, signal));
    const card = path.replace(/\.onnx$/, '') + '.json';
    await keepAlive(
      tracker.getArtifact({ run, path: card, file: join(aside, basename(card)) }, signal),
    ).catch((error: unknown) => {
      // A backbone need not have one.
      if (!(error instanceof DomainError)) throw error;
    });
    await rename(aside, folder).catch(async (error: unknown) => {
      // Another training was quicker; its folder is as good.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return join(folder, name);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
