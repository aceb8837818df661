import type { TemporalConnection } from '../client/connect.ts';

/** Connects as the environment says, does the work, and closes. */
export async function withTemporal<T>(work: (temporal: TemporalConnection) => Promise<T>): Promise<T> {
  const [{ connectTemporal }, { payloadCodecs }] = await Promise.all([
    import('../client/connect.ts'),
    import('../services/temporal/payload-codecs.ts'),
  ]);
  const temporal = await connectTemporal({ payloadCodecs: payloadCodecs(process.env) });
  try {
    return await work(temporal);
  } finally {
    await temporal.close();
  }
}
