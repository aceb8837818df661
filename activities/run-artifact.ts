import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunRef } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';

/**
 * An artifact of a run, made and stored if it is not there. Where several attempts make it side by side they make the same, and the last one stays.
 *
 * @param path - In a folder of the run's artifacts: `scoring/losses.arrow`.
 */
export async function runArtifact(
  { tracker, workDir }: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  { run, path }: { run: RunRef; path: string },
  make: () => Promise<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const kept = await tracker.listArtifacts({ run, path: dirname(path) }, signal);
  if (!kept.some((one) => one.path === path)) {
    const bytes = await make();
    await tracker.putArtifact({ run, path, bytes }, signal);
    return bytes;
  }
  const file = join(workDir, `artifact-${randomUUID()}`);
  try {
    await tracker.getArtifact({ run, path, file }, signal);
    return await readFile(file);
  } finally {
    await rm(file, { force: true });
  }
}
