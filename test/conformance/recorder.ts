import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';

/** What a client said, and how. */
export interface RecordedRequest {
  /** What it was for, as {@link Recorder.begin} or the client's own `GET /__intent/NAME` said last. */
  readonly intent: string;
  readonly method: string;
  /** Query string included. */
  readonly path: string;
  /** The GraphQL document and its variables; absent for other requests. */
  readonly document?: string;
  readonly variables?: Record<string, unknown>;
  /** What else was sent as JSON. */
  readonly json?: unknown;
  readonly contentType: string | null;
  /** The word before the credentials. */
  readonly authorization: string | null;
  /** Whether it is a W3C trace context of version 00 with no part all zeros; null when it is missing. */
  readonly traceparent: 'valid' | 'invalid' | null;
}

export interface Recorder {
  /** Takes the place of the server's. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  begin(intent: string): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a server that keeps what is asked and passes all of it on, both ways. */
export async function startRecorder(target: string): Promise<Recorder> {
  const requests: RecordedRequest[] = [];
  let intent = 'start';
  const server = createServer((asked, reply) => {
    const [, named] = /^\/__intent\/([\w%. -]+)$/.exec(asked.url ?? '') ?? [];
    if (named !== undefined) {
      intent = decodeURIComponent(named);
      reply.writeHead(204).end();
      return;
    }
    pass(asked, reply, target, (body) => requests.push(describe(intent, asked, body))).catch(
      (error: unknown) => {
        reply.writeHead(502).end(String(error));
      },
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    begin: (name) => (intent = name),
    close: () =>
      new Promise((closed, failed) => {
        server.closeAllConnections();
        server.close((error) => (error ? failed(error) : closed()));
      }),
  };
}

async function pass(
  asked: IncomingMessage,
  reply: ServerResponse,
  target: string,
  keep: (body: Buffer) => void,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  keep(body);
  const method = (asked.method ?? 'GET') as 'GET';
  const answer = await request(target + (asked.url ?? ''), {
    method,
    headers: withoutHops(asked.headers),
    ...(body.length > 0 && { body }),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  reply.writeHead(answer.statusCode, withoutHops(answer.headers)).end(bytes);
}

/** Headers of one connection, and lengths, which are told anew. */
function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const own = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect']);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name)));
}

function describe(intent: string, { method, url, headers }: IncomingMessage, body: Buffer): RecordedRequest {
  const path = url ?? '';
  const isGraphql = path.endsWith('/data-engine/graphql');
  const graphql = isGraphql
    ? (JSON.parse(body.toString()) as { query: string; variables?: Record<string, unknown> })
    : null;
  return {
    intent,
    method: method ?? '',
    path,
    ...(graphql && { document: graphql.query, variables: graphql.variables ?? {} }),
    ...(path.endsWith('/annotations/init') && { json: JSON.parse(body.toString()) as unknown }),
    contentType: headers['content-type'] ?? null,
    authorization: headers.authorization?.split(' ')[0] ?? null,
    traceparent: shapeOf(headers['traceparent']),
  };
}

function shapeOf(traceparent: string | string[] | undefined): RecordedRequest['traceparent'] {
  if (traceparent === undefined) return null;
  const [, trace = '0', parent = '0'] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(traceparent)) ?? [];
  return /[^0]/.test(trace) && /[^0]/.test(parent) ? 'valid' : 'invalid';
}
