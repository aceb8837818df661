import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface NodeEntry {
  readonly file: string;
  /** Options of Node that the file needs. */
  readonly execArgv: string[];
}

/**
 * A module to start in another thread or process: the `.ts` file through tsx when we run from source (under Jest too), the compiled
 * `.js` otherwise.
 *
 * @param from - `import.meta.url` of the caller.
 * @param name - Relative path of the module, without extension.
 */
export function nodeEntry(from: string, name: string): NodeEntry {
  const caller = from.startsWith('file:') ? fileURLToPath(from) : from;
  const file = join(dirname(caller), name);
  if (!caller.endsWith('.ts')) return { file: `${file}.js`, execArgv: [] };
  // Resolved here: `--import tsx` would look beside the current folder, which may be anywhere.
  const tsx = pathToFileURL(createRequire(caller).resolve('tsx')).href;
  return { file: `${file}.ts`, execArgv: ['--import', tsx] };
}
