import { setImmediate } from 'node:timers/promises';

/** The longest that a computation may keep the worker's main thread from its heartbeats and polls. */
const breathMs = 10;

/** Lets the main thread go on with other things, if a computation has held it for {@link breathMs}. Call it again and again. */
export function breather(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < breathMs) return;
    await setImmediate();
    sinceMs = performance.now();
  };
}
