import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@jest/types';
import { startTemporalServer } from './temporal-server.ts';
import { removeWorkflowBundle, writeWorkflowBundle } from './workflow-bundle.ts';

declare global {
  /** Set here, called by the global teardown, which runs in the same process. */
  var stopTestTemporal: (() => Promise<void>) | undefined;
}

/**
 * One Temporal server and one bundle for the whole run, when a chosen test file uses them. Joins the server at `TEMPORAL_ADDRESS` where
 * that is set.
 *
 * Jest looks for a default export.
 */
// eslint-disable-next-line import-x/no-default-export
export default async function globalSetup(config: Config.GlobalConfig, project: Config.ProjectConfig) {
  // Jest writes its results there, and makes no folder.
  await mkdir(join(project.rootDir, '.labelloop'), { recursive: true });
  if (!(await usesTemporal(config, project.rootDir))) return;
  const bundle = await writeWorkflowBundle();
  process.env['LABELLOOP_TEST_BUNDLE'] = bundle;
  const { TEMPORAL_ADDRESS } = process.env;
  const server = TEMPORAL_ADDRESS ? null : await startTemporalServer();
  process.env['LABELLOOP_TEST_TEMPORAL'] = TEMPORAL_ADDRESS ?? server?.address;
  globalThis.stopTestTemporal = async () => {
    await server?.teardown();
    await removeWorkflowBundle(bundle);
  };
}

async function usesTemporal({ testPathPatterns }: Config.GlobalConfig, rootDir: string): Promise<boolean> {
  const isChosen = testPathPatterns.toExecutor({ rootDir });
  const names = await readdir(join(rootDir, 'test'), { recursive: true });
  for (const name of names.filter((one) => one.endsWith('.test.ts'))) {
    const file = join(rootDir, 'test', name);
    if (testPathPatterns.isSet() && !isChosen.isMatch(file)) continue;
    if ((await readFile(file, 'utf8')).includes('support/temporal.ts')) return true;
  }
  return false;
}
