import { Context } from '@temporalio/activity';

/**
 * Heartbeats while calls are under way, so that a slow network or a big model is not taken for a dead worker. Only for calls that end by
 * themselves, as those of the HTTP client and of inference threads do. Outside of an activity there is nobody to tell.
 */
export async function keepAlive<T>(calls: Promise<T>): Promise<T> {
  const timer = setInterval(() => context()?.heartbeat('waiting for a service'), 10_000);
  try {
    return await calls;
  } finally {
    clearInterval(timer);
  }
}

function context(): Context | null {
  try {
    return Context.current();
  } catch {
    return null;
  }
}
