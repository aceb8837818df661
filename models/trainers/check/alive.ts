import { readFileSync, readdirSync } from 'node:fs';

/** Whether a process runs; a zombie does not, it only waits to be counted. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') return (stateOf(pid) ?? 'Z') !== 'Z';
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes on this machine that were started for a job below a folder, as their environment says; Linux only. */
export function processesOf(dir: string): number[] {
  const mark = `\0AL_JOB=${dir}/`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => `\0${environmentOf(pid)}`.includes(mark) && isAlive(pid));
}

/** `NAME=value` pairs with a zero byte between them; empty where it cannot be read. */
export function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; the state is the first field behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  } catch {
    return null;
  }
}
