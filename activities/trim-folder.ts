import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Deletes the oldest files of a folder until the others take no more than `maxBytes` of the disk. One that is not there is
 * empty; another process may trim it, or write into it, at the same time.
 */
export async function trimFolder(folder: string, maxBytes: number): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const found = await stat(file).catch(() => null);
      return { file, bytes: 512 * (found?.blocks ?? 0), writtenMs: found?.mtimeMs ?? 0 };
    }),
  );
  let bytes = 0;
  for (const one of files.sort((a, b) => b.writtenMs - a.writtenMs)) {
    bytes += one.bytes;
    if (bytes > maxBytes) await rm(one.file, { force: true });
  }
}
