import type { TemporalConnection } from '../client/connect.ts';

/** Connects as the environment says, does the work, and closes. */
export async function withTemporal<T>(work: (temporal: TemporalConnection) => Promise<T>): Promise<T> {
  const [{ connectTemporal }, { payloadCodecs }, { startTracing }] = await Promise.all([
    import('../client/connect.ts'),
    import('../services/temporal/payload-codecs.ts'),
    import('../services/temporal/tracing.ts'),
  ]);
  const tracing = await startTracing('labelloop', process.env);
  try {
    const temporal = await connectTemporal({
      payloadCodecs: payloadCodecs(process.env),
      ...(tracing && { interceptors: [tracing.client] }),
    });
    try {
      return await work(temporal);
    } finally {
      await temporal.close();
    }
  } finally {
    await tracing?.close();
  }
}
