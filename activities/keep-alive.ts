import { heartbeat } from '@temporalio/activity';

/**
 * Heartbeats while calls are under way, so that a slow network or a big model is not taken for a dead worker. Only for calls that end by
 * themselves, as those of the HTTP client and of inference threads do.
 */
export async function keepAlive<T>(calls: Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat('waiting for a service'), 10_000);
  try {
    return await calls;
  } finally {
    clearInterval(timer);
  }
}
