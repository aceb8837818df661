import { once } from 'node:events';
import { Command } from 'commander';
import { parsePort } from '../parse-port.ts';
import { stopSignal } from '../stop-signal.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly origin: string[];
  readonly json?: boolean;
}

/** `labelloop codec-server`. */
export function codecServerCommand(): Command {
  return new Command('codec-server')
    .description('decrypt payloads for the Temporal UI, where LABELLOOP_PAYLOAD_KEYS is set')
    .option('--port <number>', 'port; 0 for any free one', parsePort, 8094)
    .option(
      '--host <address>',
      'address to listen on; whoever reaches it can read what is encrypted',
      '127.0.0.1',
    )
    .option('--origin <url...>', 'where the Temporal UI is opened from', [
      'http://127.0.0.1:8233',
      'http://localhost:8233',
    ])
    .addHelpText(
      'after',
      `
In the Temporal UI: the glasses at the upper right, then this server's address as Codec Server Endpoint.

Example:
  LABELLOOP_PAYLOAD_KEYS=key-1:$(openssl rand -base64 32) labelloop codec-server`,
    )
    .action(async (_: unknown, command: Command) => {
      const { port, host, origin, json } = command.optsWithGlobals<Flags>();
      const [{ payloadCodecs }, { startCodecServer }] = await Promise.all([
        import('../../services/temporal/payload-codecs.ts'),
        import('../../client/codec-server.ts'),
      ]);
      const [codec] = payloadCodecs(process.env);
      if (!codec)
        throw new UsageError('LABELLOOP_PAYLOAD_KEYS: is missing; without keys nothing is encrypted.');
      const stop = stopSignal();
      const server = await startCodecServer(codec, { origins: origin, host, port });
      if (json) console.log(JSON.stringify({ ready: true, url: server.url }));
      else console.error(`Payloads are decrypted at ${server.url}`);
      if (!stop.aborted) await once(stop, 'abort');
      await server.close();
    });
}
