import { mkdir } from 'node:fs/promises';
import { TestWorkflowEnvironment } from '@temporalio/testing';

/**
 * Lets the SDK download Temporal's command line into the folder that is the only argument. A program of its own, since the SDK starts
 * its runtime for that, which a process can have only once.
 */
async function main(): Promise<void> {
  const [downloadDir] = process.argv.slice(2);
  if (downloadDir === undefined) throw new Error('The folder is missing.');
  await mkdir(downloadDir, { recursive: true });
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
