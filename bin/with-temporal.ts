import type { TemporalConnection } from '../client/connect.ts';

/** Connects as the environment says, does the work, and closes. */
export async function withTemporal<T>(work: (temporal: TemporalConnection) => Promise<T>): Promise<T> {
  const { connectTemporal } = await import('../client/connect.ts');
  const temporal = await connectTemporal();
  try {
    return await work(temporal);
  } finally {
    await temporal.close();
  }
}
