import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

/** Asks the leader of a process group to end, which knows how to end its own children; then ends whoever is left. */
export async function endGroup(
  leader: number,
  options: { stopSignal: NodeJS.Signals; stopWithinMs: number },
): Promise<void> {
  if (leader <= 1) return;
  signal(leader, options.stopSignal);
  if (await waitWhile(() => processIdentity(leader) !== null, options.stopWithinMs)) await endOrphans(leader);
  else await kill(leader);
}

/** Ends what is left of a group whose leader is gone. */
export async function endOrphans(group: number): Promise<void> {
  if (group <= 1 || !signal(-group, 'SIGTERM')) return;
  if (!(await waitWhile(() => signal(-group, 0), 3000))) await kill(group);
}

async function kill(group: number): Promise<void> {
  signal(-group, 'SIGKILL');
  await waitWhile(() => signal(-group, 0), 5000);
}

/** Whether there was somebody to signal. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** False when the time is over. */
async function waitWhile(isTrue: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isTrue()) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}
