import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FakeExperimentTracker } from '../test/support/fake-experiment-tracker.ts';

/** A tracker in this process, each of whose runs has the model of one folder. */
export function folderTracker(modelDir: string): FakeExperimentTracker {
  return Object.assign(new FakeExperimentTracker(), {
    getRun: (runId: string) =>
      Promise.resolve({ runId, experimentId: '1', artifactUri: '', status: 'FINISHED' as const, tags: {} }),
    getArtifact: ({ path, file }: { path: string; file: string }) =>
      copyFile(join(modelDir, basename(path)), file),
  });
}
