import type { Payload, PayloadCodec } from '@temporalio/common';
import fastify from 'fastify';
import { z } from 'zod';

export interface CodecServer {
  readonly url: string;
  close(): Promise<void>;
}

const bodySchema = z.object({
  payloads: z.array(
    z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') }),
  ),
});
const maxBodyBytes = 16 * 1_048_576;

/**
 * Decrypts for people's eyes: the Temporal UI and command line send it the payloads they show (`Codec server` in the UI's settings,
 * `temporal --codec-endpoint`). It holds the keys, so it listens on this machine alone by default, and browsers may use it from the UI's own
 * origin only.
 *
 * @param options - `origins`: of the UIs that may ask. `port`: 0 for any free one.
 * @see https://docs.temporal.io/codec-server
 */
export async function startCodecServer(
  codec: PayloadCodec,
  options: { origins: readonly string[]; host?: string; port: number },
): Promise<CodecServer> {
  const { origins, host = '127.0.0.1', port } = options;
  const server = fastify({ bodyLimit: maxBodyBytes });
  server.addHook('onRequest', async ({ headers: { origin } }, reply) => {
    if (origin === undefined) return;
    if (!origins.includes(origin))
      return reply.code(403).send({ error: `${origin} may not ask; allow it with --origin.` });
    void reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'content-type, x-namespace, authorization',
      'access-control-allow-methods': 'POST',
      vary: 'Origin',
    });
  });
  server.options('/*', (_, reply) => reply.code(204).send());
  for (const way of ['encode', 'decode'] as const)
    server.post(`/${way}`, async (request, reply) => {
      const body = bodySchema.safeParse(request.body);
      if (!body.success) return reply.code(400).send({ error: 'The body is no list of payloads.' });
      try {
        return { payloads: (await codec[way](body.data.payloads.map(fromJson))).map(toJson) };
      } catch (error) {
        return reply.code(400).send({ error: error instanceof Error ? error.message : String(error) });
      }
    });
  const url = await server.listen({ host, port });
  return { url, close: () => server.close() };
}

type PayloadJson = z.output<typeof bodySchema>['payloads'][number];

function fromJson({ metadata, data }: PayloadJson): Payload {
  const fields = Object.entries(metadata).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
  return { metadata: Object.fromEntries(fields), data: Buffer.from(data, 'base64') };
}

function toJson({ metadata, data }: Payload): PayloadJson {
  const fields = Object.entries(metadata ?? {}).map(([key, bytes]) => [key, base64(bytes)] as const);
  return { metadata: Object.fromEntries(fields), data: base64(data ?? new Uint8Array()) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
