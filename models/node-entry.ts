import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * The argv that runs one of our modules in another process: the `.ts` file through tsx when we run from source (under Jest too), the
 * compiled `.js` otherwise.
 *
 * @param from - `import.meta.url` of the caller.
 * @param name - Path of the module from the caller, without extension.
 */
export function nodeCommand(from: string, name: string): string[] {
  const caller = fileURLToPath(from);
  const file = join(dirname(caller), name);
  if (!isSource(caller)) return [process.execPath, `${file}.js`];
  // Resolved here: `--import tsx` would look beside the current folder, which may be anywhere.
  const tsx = pathToFileURL(createRequire(caller).resolve('tsx')).href;
  return [process.execPath, '--import', tsx, `${file}.ts`];
}

/** Runs one of our modules in a worker thread; see {@link nodeCommand}. */
export function startThread(
  from: string,
  name: string,
  workerData: Readonly<Record<string, unknown>>,
): Worker {
  const caller = fileURLToPath(from);
  const file = join(dirname(caller), name);
  if (!isSource(caller)) return new Worker(`${file}.js`, { workerData, execArgv: [] });
  const throughTsx = join(dirname(fileURLToPath(import.meta.url)), 'thread-through-tsx.js');
  const entry = pathToFileURL(`${file}.ts`).href;
  return new Worker(throughTsx, { workerData: { ...workerData, entry }, execArgv: [] });
}

function isSource(file: string): boolean {
  return file.endsWith('.ts');
}
