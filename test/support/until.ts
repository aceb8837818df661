import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a fact; answers the first value that is neither null, undefined nor false. It looks once more when the time is over, where the machine stood still. */
export async function until<T>(
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  what: string,
  timeoutMs = 15_000,
): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const isLast = Date.now() > endMs;
    const value = await look();
    if (value !== null && value !== undefined && value !== false) return value;
    if (isLast) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await sleep(50);
  }
}
