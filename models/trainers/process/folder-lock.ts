import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerExit } from './trainer-exit.ts';

/**
 * Keeps a second attempt out of a folder. The lock file names its holder by process id and start time, so the lock of a process that
 * is gone (killed, or of before a restart) is seen as such and taken over.
 *
 * @returns A function that gives the folder back.
 * @throws TrainerExit 75 while the holder lives.
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true });
  const lockFile = join(dir, 'lock.json');
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  const draft = `${lockFile}.${process.pid}`;
  await writeFile(draft, mine);
  try {
    // A link appears with its content or not at all, and never replaces one.
    while (!(await linked(draft, lockFile))) await clearStale(lockFile);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readFile(lockFile, 'utf8').catch(() => '')) === mine) await rm(lockFile, { force: true });
  };
}

async function linked(draft: string, lockFile: string): Promise<boolean> {
  try {
    await link(draft, lockFile);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function clearStale(lockFile: string): Promise<void> {
  const text = await readFile(lockFile, 'utf8').catch(() => null);
  if (text === null) return;
  const holder = parseHolder(text);
  if (holder && startOf(holder.pid) === holder.started)
    throw new TrainerExit('later', `Another attempt (process ${holder.pid}) is training in this folder.`);
  // Moved away, not removed: if somebody else took the lock over meanwhile, what we moved is theirs and goes back.
  const aside = `${lockFile}.stale.${process.pid}`;
  await rename(lockFile, aside).catch(() => undefined);
  if ((await readFile(aside, 'utf8').catch(() => text)) !== text) await linked(aside, lockFile);
  await rm(aside, { force: true });
}

function parseHolder(text: string): { pid: number; started: string } | null {
  try {
    const { pid, started } = JSON.parse(text) as { pid?: unknown; started?: unknown };
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null;
  }
}

/** When a process started, as text that no later process of the same id repeats; empty when there is none. */
function startOf(pid: number): string {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; state is the first field behind it, the start time the twentieth.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : `${boot}/${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}
