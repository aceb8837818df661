import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A model used since then may be about to be loaded, by this process or by another that shares the folder. */
const inUseMs = 24 * 3_600_000;

/**
 * Deletes the model folders that were used longest ago until the others take no more than `maxBytes` of the disk; what was used within a day
 * stays. When a folder was used is its own time of change. A model that is asked for again is fetched again.
 *
 * @param names - Of the folders beneath `models`; others are left alone.
 */
export async function trimModels(models: string, names: RegExp, maxBytes: number): Promise<void> {
  const folders = (await readdir(models)).filter((name) => names.test(name));
  const found = await Promise.all(folders.map((name) => sizeOf(join(models, name))));
  let bytes = 0;
  for (const one of found.sort((a, b) => b.usedMs - a.usedMs)) {
    bytes += one.bytes;
    if (bytes > maxBytes && Date.now() - one.usedMs > inUseMs)
      await rm(one.folder, { recursive: true, force: true });
  }
}

/** Of a folder that another process deletes meanwhile, what is left. */
async function sizeOf(folder: string): Promise<{ folder: string; bytes: number; usedMs: number }> {
  const usedMs = (await stat(folder).catch(() => null))?.mtimeMs ?? 0;
  const files = await readdir(folder).catch(() => []);
  const stats = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => null)));
  return { folder, usedMs, bytes: stats.reduce((sum, file) => sum + 512 * (file?.blocks ?? 0), 0) };
}
