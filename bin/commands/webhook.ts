import { once } from 'node:events';
import { Command } from 'commander';
import { parsePort } from '../parse-port.ts';
import { stopSignal } from '../stop-signal.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly metricsPort?: number;
  readonly json?: boolean;
}

/** `labelloop webhook`. */
export function webhookCommand(): Command {
  return new Command('webhook')
    .description("receive Label Studio's events and wake the loops")
    .option('--port <number>', 'port; 0 for any free one', parsePort, 8092)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--metrics-port <number>',
      'port of 127.0.0.1 where Prometheus finds /metrics; none by default',
      parsePort,
    )
    .addHelpText(
      'after',
      `
The secret is read from LABELLOOP_WEBHOOK_SECRET; workers get the same, and this server's address as LABELLOOP_WEBHOOK_URL.

Example:
  labelloop --env-file .labelloop/stack.env webhook --port 8092`,
    )
    .action(async (_: unknown, command: Command) => {
      const { port, host, metricsPort, json } = command.optsWithGlobals<Flags>();
      const secret = process.env['LABELLOOP_WEBHOOK_SECRET'] ?? '';
      if (secret.length < 16)
        throw new UsageError('LABELLOOP_WEBHOOK_SECRET: is missing or shorter than 16 characters.');
      const stop = stopSignal();
      const [
        { connectTemporal },
        { payloadCodecs },
        { startTracing },
        { startWebhookServer },
        { WebhookMetrics },
      ] = await Promise.all([
        import('../../client/connect.ts'),
        import('../../services/temporal/payload-codecs.ts'),
        import('../../services/temporal/tracing.ts'),
        import('../../client/webhook-server.ts'),
        import('../../client/webhook-metrics.ts'),
      ]);
      const tracing = await startTracing('labelloop-webhook', process.env);
      const temporal = await connectTemporal({
        lazy: true,
        payloadCodecs: payloadCodecs(process.env),
        ...(tracing && { interceptors: [tracing.client] }),
      });
      const metrics = new WebhookMetrics();
      if (metricsPort !== undefined) await metrics.serve('127.0.0.1', metricsPort);
      const server = await startWebhookServer({
        client: temporal.client,
        secret,
        host,
        port,
        metrics,
        logger: { info: (message) => console.error(message), warn: (message) => console.error(message) },
      });
      if (json) console.log(JSON.stringify({ ready: true, url: server.url }));
      if (!stop.aborted) await once(stop, 'abort');
      await server.close();
      await tracing?.close();
      // Not by closing the connection: Temporal's client goes on trying a call that was not answered, and would fall over it.
      process.exit(0);
    });
}
