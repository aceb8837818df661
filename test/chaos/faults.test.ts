import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { FaultyGateway } from '../../chaos/faulty-gateway.ts';
import { Line } from '../../chaos/line.ts';
import { WebhookPost } from '../../chaos/webhook-post.ts';
import { until } from '../support/until.ts';

/** Bodies that the server behind was sent, in order. */
let received: string[];
let server: Server;
let port: number;
let dispatcher: Agent;

beforeEach(async () => {
  received = [];
  server = createServer((incoming, response) => {
    void incoming.toArray().then((pieces) => {
      received.push(Buffer.concat(pieces as Buffer[]).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"answer":"of the server"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  dispatcher = new Agent({ headersTimeout: 5000, bodyTimeout: 5000 });
});

afterEach(async () => {
  await dispatcher.destroy();
  server.closeAllConnections();
  server.close();
});

async function ask(
  at: number,
  body = 'asked',
): Promise<{ status: number; text: string; retryAfter: unknown }> {
  const response = await request(`http://127.0.0.1:${at}/`, { method: 'POST', body, dispatcher });
  return {
    status: response.statusCode,
    retryAfter: response.headers['retry-after'],
    text: await response.body.text(),
  };
}

describe('a line', () => {
  let line: Line;
  beforeEach(async () => (line = await Line.to(port)));
  afterEach(() => line.close());

  test('carries what is sent, also when it is slow', async () => {
    expect((await ask(line.port)).text).toBe('{"answer":"of the server"}');
    line.delayMs = 300;
    const startMs = performance.now();
    expect((await ask(line.port)).status).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(290);
  });

  test('that is cut breaks connections, new ones too, until it is healed', async () => {
    await ask(line.port);
    line.cut('reset');
    await expect(ask(line.port)).rejects.toThrow();
    await expect(ask(line.port)).rejects.toThrow();
    expect(received).toHaveLength(1);
    line.heal();
    expect((await ask(line.port)).status).toBe(200);
  });

  test('that falls silent carries everything later', async () => {
    line.cut('silent');
    const answer = ask(line.port, 'late');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(received).toEqual([]);
    line.heal();
    expect((await answer).status).toBe(200);
    expect(received).toEqual(['late']);
  });
});

describe('a gateway', () => {
  /** Draws: is it hit, does the server carry it out. */
  let draws: number[];
  let gateway: FaultyGateway;
  beforeEach(async () => {
    draws = [];
    gateway = await FaultyGateway.to(port, () => draws.shift() ?? 0.99);
  });
  afterEach(() => gateway.close());

  test('passes on what no fault hits', async () => {
    gateway.fault = 'status 500';
    draws = [0.9];
    expect(await ask(gateway.port)).toMatchObject({ status: 200, text: '{"answer":"of the server"}' });
    expect(gateway.hits).toBe(0);
  });

  test.each([
    ['status 500', { status: 500 }],
    ['status 429', { status: 429, retryAfter: '2' }],
    ['html', { status: 200, text: expect.stringContaining('<!DOCTYPE html>') as string }],
  ] as const)('answers %s, before the server is asked and after it did', async (fault, expected) => {
    gateway.fault = fault;
    draws = [0.1, 0.9, 0.1, 0.1];
    expect(await ask(gateway.port, 'first')).toMatchObject(expected);
    expect(received).toEqual([]);
    expect(await ask(gateway.port, 'second')).toMatchObject(expected);
    expect(received).toEqual(['second']);
    expect(gateway.hits).toBe(2);
  });

  test('breaks off in the middle of an answer', async () => {
    gateway.fault = 'truncated';
    draws = [0.1];
    await expect(ask(gateway.port)).rejects.toThrow();
    expect(received).toEqual(['asked']);
  });
});

describe('the webhook post', () => {
  let post: WebhookPost;
  beforeEach(async () => (post = await WebhookPost.to(`http://127.0.0.1:${port}`, Math.random)));
  afterEach(() => post.close());
  const send = async (body: string) =>
    expect((await ask(Number(new URL(post.url).port), body)).status).toBe(202);

  test('carries each event once', async () => {
    await send('a');
    await until(() => received.length > 0, 'the event');
    expect(received).toEqual(['a']);
  });

  test('loses events, and carries them five times', async () => {
    post.fault = 'lost';
    await send('gone');
    post.fault = 'fivefold';
    await send('b');
    await until(() => received.length >= 5, 'five events');
    expect(received).toEqual(['b', 'b', 'b', 'b', 'b']);
    expect(post.hits).toBe(2);
  });

  test.each(['shuffled', 'a cycle late'] as const)(
    'holds events that are %s until they are delivered',
    async (fault) => {
      post.fault = fault;
      await send('a');
      await send('b');
      expect(received).toEqual([]);
      await post.deliver();
      expect([...received].sort()).toEqual(['a', 'b']);
      await post.deliver();
      expect(received).toHaveLength(2);
    },
  );
});
