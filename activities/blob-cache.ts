import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { ActivityDeps } from './activity-deps.ts';

/** The bytes of a BLOB, from disk when they were fetched before: a hash never changes its meaning. */
export async function cachedBlob(
  { engine, workDir }: Pick<ActivityDeps, 'engine' | 'workDir'>,
  hash: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return cachedFile(join(workDir, 'blobs', hash.slice(0, 2), hash), () => engine.fetchBlob(hash, signal));
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
