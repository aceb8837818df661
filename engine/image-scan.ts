import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Dirent } from 'node:fs';
import { isPlainPath } from './plain-path.ts';
import { isInside } from './roots.ts';

const imageExtensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.bmp', '.tif', '.tiff']);

export function isImagePath(file: string): boolean {
  return imageExtensions.has(path.posix.extname(file).toLowerCase());
}

/**
 * The images below a folder, in batches of paths with forward slashes; the same order every time.
 * Links are followed to files inside `rootFolder` only, never to folders.
 */
export async function* scanImages(
  rootFolder: string,
  folder: string,
  options: { batchSize?: number; signal?: AbortSignal } = {},
): AsyncGenerator<string[]> {
  const { batchSize = 2000, signal } = options;
  const waiting = [''];
  let batch: string[] = [];
  for (let relative = waiting.pop(); relative !== undefined; relative = waiting.pop()) {
    signal?.throwIfAborted();
    const entries = await readdir(path.join(folder, relative), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const folders: string[] = [];
    for (const entry of entries) {
      const found = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (!isPlainPath(found)) continue;
      if (entry.isDirectory()) folders.push(found);
      else if (isImagePath(found) && (await isOwnFile(rootFolder, path.join(folder, found), entry)))
        batch.push(found);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    waiting.push(...folders.reverse());
  }
  if (batch.length > 0) yield batch;
}

async function isOwnFile(rootFolder: string, file: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  const target = await realpath(file).catch(() => null);
  if (target === null || !isInside(rootFolder, target)) return false;
  return (await stat(target)).isFile();
}
