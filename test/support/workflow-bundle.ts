import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Bundles workflows into a file in a folder of its own; answers its path. */
export async function writeWorkflowBundle(
  workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
  workflowInterceptorModules: string[] = [],
): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules,
    logger: new DefaultLogger('WARN'),
  });
  const file = join(await mkdtemp(join(tmpdir(), 'labelloop-bundle-')), 'workflows.js');
  await writeFile(file, code);
  return file;
}

export async function removeWorkflowBundle(file: string): Promise<void> {
  await rm(dirname(file), { recursive: true, force: true });
}
