import { join } from 'node:path';
import type { ExperimentTracker } from '../core/ports.ts';
import { embeddingFolder } from './embedding-store.ts';
import { mapAhead } from './map-ahead.ts';

/** Files that are fetched ahead of the one that is looked at. */
const filesAhead = 8;

/**
 * Fetches the feature vectors of a run as they stood for a cycle, one file after the other, into `target`: what the cycles up to it kept, the
 * earliest first. Later cycles add folders and change none, so the answer stays the same.
 */
export async function* embeddingFiles(
  tracker: ExperimentTracker,
  { runId, cycle, target }: { runId: string; cycle: number; target: string },
  signal: AbortSignal,
): AsyncGenerator<string> {
  const run = await tracker.getRun(runId, signal);
  const kept = new Set(
    (await tracker.listArtifacts({ run, path: 'embeddings' }, signal)).map(({ path }) => path),
  );
  async function* paths(): AsyncGenerator<string> {
    for (let of = 0; of <= cycle; of++) {
      const folder = embeddingFolder(of);
      if (!kept.has(folder)) continue;
      for (const { path: part } of await tracker.listArtifacts({ run, path: folder }, signal))
        for (const { path } of await tracker.listArtifacts({ run, path: part }, signal)) yield path;
    }
  }
  yield* mapAhead(paths(), filesAhead, async (path) => {
    const file = join(target, path);
    await tracker.getArtifact({ run, path, file }, signal);
    return file;
  });
}
