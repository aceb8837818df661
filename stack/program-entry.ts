import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Node's arguments that run one of our modules as a program: the `.ts` file through tsx from source (under Jest too), the compiled `.js`
 * otherwise.
 *
 * @param from - `import.meta.url` of the caller.
 * @param name - Relative path of the module, without extension.
 */
export function programEntry(from: string, name: string): string[] {
  const caller = filePath(from);
  const file = join(dirname(caller), name);
  if (!caller.endsWith('.ts')) return [`${file}.js`];
  // Resolved here: `--import tsx` would look beside the current folder, which may be anywhere.
  const tsx = pathToFileURL(createRequire(caller).resolve('tsx')).href;
  return ['--import', tsx, `${file}.ts`];
}

/** A file that ships beside the sources and is not compiled, found from source and from `dist/` alike. */
export function packageFile(from: string, name: string): string {
  let folder = dirname(filePath(from));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, name);
}

/** swc gives tests a path where Node gives a URL. */
function filePath(from: string): string {
  return from.startsWith('file:') ? fileURLToPath(from) : from;
}
