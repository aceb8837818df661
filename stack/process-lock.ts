import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { processIdentity } from './process-identity.ts';

const ownerSchema = z.object({ pid: z.int().positive(), identity: z.string(), token: z.string() });
type Owner = z.output<typeof ownerSchema>;

export interface ProcessLock {
  release(): Promise<void>;
}

/** A lock that dies with its process. Answers the id of the process that holds it, when another does. */
export async function tryLock(file: string): Promise<ProcessLock | { readonly heldBy: number }> {
  await mkdir(dirname(file), { recursive: true });
  const owner: Owner = {
    pid: process.pid,
    identity: processIdentity(process.pid) ?? '',
    token: randomUUID(),
  };
  const draft = `${file}.${owner.token}`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    for (;;) {
      // A link appears with its content, so a reader never sees half an owner.
      const isOurs = await link(draft, file).then(
        () => true,
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
          throw error;
        },
      );
      if (isOurs) return { release: () => release(file, owner) };
      const holder = await readOwner(file);
      if (holder !== null && processIdentity(holder.pid) === holder.identity) return { heldBy: holder.pid };
      await removeStale(file, holder);
    }
  } finally {
    await rm(draft, { force: true });
  }
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

/** Moves the dead owner's lock away. Should another process have replaced it meanwhile, it is put back. */
async function removeStale(file: string, stale: Owner | null): Promise<void> {
  const aside = `${file}.stale-${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (moved?.token !== stale?.token) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function release(file: string, owner: Owner): Promise<void> {
  if ((await readOwner(file))?.token === owner.token) await rm(file, { force: true });
}

/** Null for a missing or unreadable file. */
async function readOwner(file: string): Promise<Owner | null> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}
