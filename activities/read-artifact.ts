import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRef } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';

/** The bytes of a run's artifact, by a file of the work folder that goes again. @throws As `ExperimentTracker.getArtifact` does. */
export async function readArtifact(
  { tracker, workDir }: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  { run, path }: { run: RunRef; path: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const file = join(workDir, `artifact-${randomUUID()}`);
  try {
    await tracker.getArtifact({ run, path, file }, signal);
    return await readFile(file);
  } finally {
    await rm(file, { force: true });
  }
}
