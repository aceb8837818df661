import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { hash53 } from '../core/hash.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { trimFolder } from './trim-folder.ts';

/** Of the disk, for each of the 256 folders of blobs: a gigabyte for all. */
const folderBytes = 4 * 1024 * 1024;
const trimEvery = 16;

/**
 * The bytes of a BLOB, from disk when they were fetched before: a hash never changes its meaning. The oldest go when there are too many;
 * a folder is looked after by one in sixteen of its blobs, as hashes are spread evenly.
 */
export async function cachedBlob(
  { engine, workDir }: Pick<ActivityDeps, 'engine' | 'workDir'>,
  hash: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const folder = join(workDir, 'blobs', hash.slice(0, 2));
  return cachedFile(join(folder, hash), async () => {
    if (hash53(hash) % trimEvery === 0) await trimFolder(folder, folderBytes);
    return engine.fetchBlob(hash, signal);
  });
}

/** A file's bytes, or those of `fetch`, which are then kept. Written aside and renamed, so never half there. */
export async function cachedFile(file: string, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const bytes = await fetch();
  await mkdir(join(file, '..'), { recursive: true });
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, bytes);
  await rename(aside, file);
  return bytes;
}
