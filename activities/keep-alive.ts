import { heartbeat } from '@temporalio/activity';

/**
 * Heartbeats while calls to a service are under way, so that a slow network is not taken for a dead worker. Only for calls that end by
 * themselves, as those of the HTTP client do.
 */
export async function keepAlive<T>(calls: Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat('waiting for a service'), 10_000);
  try {
    return await calls;
  } finally {
    clearInterval(timer);
  }
}
