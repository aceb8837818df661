import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

/**
 * Ends the process group that `leader` leads: asks the leader, which knows how to end its own children, and kills whoever is left.
 */
export async function endGroup(
  leader: number,
  options: { stopSignal: NodeJS.Signals; stopWithinMs: number },
): Promise<void> {
  if (leader <= 1) return;
  if (processIdentity(leader) !== null) {
    signal(leader, options.stopSignal);
    await waitWhile(() => processIdentity(leader) !== null, options.stopWithinMs);
  }
  // A child of a stopped leader gets a moment of its own.
  if (await waitWhile(() => signal(-leader, 0), 3000)) return;
  signal(-leader, 'SIGKILL');
  await waitWhile(() => signal(-leader, 0), 5000);
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
