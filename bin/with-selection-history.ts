import type { SelectionHistory } from '../activities/selection-history.ts';

/** The selections of a loop, read from the systems that the environment names; closed afterwards. */
export async function withSelectionHistory(
  file: string,
  work: (history: SelectionHistory) => Promise<void>,
): Promise<void> {
  const [{ readLoopFile }, { readWorkerConfig }, { createDeps }, { SelectionHistory }] = await Promise.all([
    import('../client/loop-file.ts'),
    import('../workers/config.ts'),
    import('../workers/create-deps.ts'),
    import('../activities/selection-history.ts'),
  ]);
  const spec = await readLoopFile(file);
  const deps = createDeps(readWorkerConfig({ ...process.env, LABELLOOP_REPO: spec.repo }, []));
  try {
    await work(new SelectionHistory(deps, spec));
  } finally {
    await deps.close();
  }
}
