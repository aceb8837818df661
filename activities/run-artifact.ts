import { dirname } from 'node:path';
import type { RunRef } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { readArtifact } from './read-artifact.ts';

/**
 * An artifact of a run, made and stored if it is not there. Where several attempts make it side by side they make the same, and the last one stays.
 *
 * @param path - In a folder of the run's artifacts: `scoring/losses.arrow`.
 */
export async function runArtifact(
  deps: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  { run, path }: { run: RunRef; path: string },
  make: () => Promise<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const kept = await deps.tracker.listArtifacts({ run, path: dirname(path) }, signal);
  if (kept.some((one) => one.path === path)) return readArtifact(deps, { run, path }, signal);
  const bytes = await make();
  await deps.tracker.putArtifact({ run, path, bytes }, signal);
  return bytes;
}
