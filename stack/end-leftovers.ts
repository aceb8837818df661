import { readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { endGroup, endOrphans } from './end-group.ts';
import { processIdentity } from './process-identity.ts';

const pidSchema = z.object({
  pid: z.int().positive(),
  identity: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
});

/** Set in the environment of every server, to the data folder it belongs to. */
export const ownerVariable = 'LABELLOOP_STACK_OF';

/**
 * Ends the servers of a data folder that an earlier stack left behind when it was killed. A process counts as left behind only when its
 * pid file names the moment it started, or (on Linux) its environment names the folder. Answers how many groups were ended.
 */
export async function endLeftovers(runDir: string, dataDir: string): Promise<number> {
  const ends: Promise<void>[] = [];
  const names = (await readdir(runDir).catch(() => [])).filter((name) => name.endsWith('.pid.json'));
  for (const name of names) {
    const file = join(runDir, name);
    const left = readLeftover(file);
    if (left === null || processIdentity(left.pid) !== left.identity) rmSync(file, { force: true });
    else
      ends.push(
        endGroup(left.pid, { stopSignal: left.stopSignal, stopWithinMs: 15_000 }).then(() =>
          rmSync(file, { force: true }),
        ),
      );
  }
  await Promise.all(ends);
  const strays = await strayGroups(dataDir);
  await Promise.all(strays.map(endOrphans));
  return ends.length + strays.length;
}

function readLeftover(file: string): z.output<typeof pidSchema> | null {
  try {
    return pidSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null; // The stack was killed while it wrote; the environment tells.
  }
}

/** Children whose leader is gone, and servers whose pid file was never written. */
async function strayGroups(dataDir: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const groups = new Set<number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`${ownerVariable}=${dataDir}`))
        continue;
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
      if (group > 1) groups.add(group);
    } catch {
      // Ended meanwhile, or another user's.
    }
  }
  return [...groups];
}
