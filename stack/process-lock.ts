import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';

export interface ProcessLock {
  release(): Promise<void>;
}

/** Keeps the files open: collected as garbage, they would let go. */
const held = new Set<InstanceType<typeof DatabaseSync>>();

/**
 * A lock that the operating system drops with the process: an open transaction on an empty SQLite file, so there is no stale lock to
 * judge. Answers the id of the process that holds it, when another does (0 when that has not told yet).
 */
export async function tryLock(file: string): Promise<ProcessLock | { readonly heldBy: number }> {
  await mkdir(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  const holder = `${file}.pid`;
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    // By its words: it may be of another realm.
    if (!/locked|busy/i.test(String(error))) throw error;
    return { heldBy: Number(await readFile(holder, 'utf8').catch(() => '0')) };
  }
  held.add(database);
  await writeFile(holder, String(process.pid));
  return {
    async release() {
      await rm(holder, { force: true });
      held.delete(database);
      database.close();
    },
  };
}

/** Waits for the lock. */
export async function waitForLock(
  file: string,
  options: { signal?: AbortSignal | undefined; onWait?: (heldBy: number) => void } = {},
): Promise<ProcessLock> {
  for (;;) {
    options.signal?.throwIfAborted();
    const lock = await tryLock(file);
    if ('release' in lock) return lock;
    options.onWait?.(lock.heldBy);
    await sleep(300, undefined, options.signal ? { signal: options.signal } : {});
  }
}
