/** Sends a signal to a trainer and its children, if they are still there. */
export function signalGroup({ pid }: { readonly pid: number }, signal: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
