import { Context } from '@temporalio/activity';

/**
 * Heartbeats while calls are under way, so that a slow network or a big model is not taken for a dead worker. Only for calls that end by
 * themselves, as those of the HTTP client and of inference threads do. Outside of an activity there is nobody to tell.
 *
 * @param details - What another attempt would go on from; by default what this one was given, which a heartbeat would else wipe out.
 */
export async function keepAlive<T>(
  calls: Promise<T>,
  details: () => unknown = () => context()?.info.heartbeatDetails ?? 'waiting for a service',
): Promise<T> {
  const timer = setInterval(() => context()?.heartbeat(details()), 10_000);
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
