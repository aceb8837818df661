import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { labelStudioAuthorization, mlflowAuthorization } from '../../engine/upstream-credentials.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';

/** A small server that answers what it was asked; `/tracking` is where it lives. */
let upstream: Server;
let upstreamUrl: string;
let local: LocalEngine;
let answer: (asked: IncomingMessage, reply: ServerResponse) => void;

beforeAll(async () => {
  upstream = createServer((asked, reply) => answer(asked, reply));
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  local = await startLocalEngine(
    { '1.png': Buffer.from('1') },
    {
      mlflow: {
        url: `${upstreamUrl}/tracking`,
        authorization: mlflowAuthorization({
          MLFLOW_TRACKING_USERNAME: 'ml',
          MLFLOW_TRACKING_PASSWORD: 'flow',
        }),
      },
      labelStudio: {
        url: upstreamUrl,
        authorization: labelStudioAuthorization(upstreamUrl, 'a'.repeat(40)),
      },
    },
  );
});
afterAll(async () => {
  await local.close();
  await new Promise((closed) => upstream.close(closed));
});
beforeEach(() => {
  answer = (asked, reply) => {
    const digest = createHash('sha256');
    asked.on('data', (chunk: Buffer) => digest.update(chunk));
    asked.on('end', () => {
      reply.setHeader('content-type', 'application/json');
      reply.end(
        JSON.stringify({
          method: asked.method,
          url: asked.url,
          headers: asked.headers,
          sha256: digest.digest('hex'),
        }),
      );
    });
  };
});

const bearer = { authorization: `Bearer ${testToken}` };
const mlflow = `/${testRepo}.mlflow`;
const annotations = `/${testRepo}/annotations/de`;
interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  sha256: string;
}

test('a request reaches MLflow below its own path, with its credentials instead of the token', async () => {
  const basic = `Basic ${Buffer.from(`team:${testToken}`).toString('base64')}`;
  const response = await request(`${local.engine.url}${mlflow}/api/2.0/mlflow/runs/search?a=%2F&b=1`, {
    method: 'POST',
    headers: {
      authorization: basic,
      'content-type': 'application/json',
      origin: local.engine.url,
      cookie: 'a=b',
    },
    body: '{"x":1}',
  });
  const echo = (await response.body.json()) as Echo;
  expect(echo).toMatchObject({
    method: 'POST',
    url: '/tracking/api/2.0/mlflow/runs/search?a=%2F&b=1',
    sha256: createHash('sha256').update('{"x":1}').digest('hex'),
  });
  expect(echo.headers).toMatchObject({
    host: new URL(upstreamUrl).host,
    origin: upstreamUrl,
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from('ml:flow').toString('base64')}`,
  });
  expect(echo.headers).not.toHaveProperty('cookie');
  expect(JSON.stringify(echo)).not.toContain(testToken);
});

test.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)(
  '%s reaches Label Studio with its own token',
  async (method) => {
    const response = await request(`${local.engine.url}${annotations}/api/projects/7/?x=1`, {
      method,
      headers: bearer,
    });
    const echo = (await response.body.json()) as Echo;
    expect(echo).toMatchObject({
      method,
      url: '/api/projects/7/?x=1',
      headers: { authorization: `Token ${'a'.repeat(40)}` },
    });
  },
);

test('without the token of the engine nothing is forwarded', async () => {
  let asked = 0;
  answer = (_asked, reply) => {
    asked += 1;
    reply.end();
  };
  for (const url of [`${mlflow}/health`, `${annotations}/api/projects`, mlflow]) {
    const response = await request(local.engine.url + url, { headers: { authorization: 'Bearer no' } });
    expect(response.statusCode).toBe(401);
    await response.body.dump();
  }
  expect(asked).toBe(0);
});

test('status, headers and redirects come back as they are, redirects to our address', async () => {
  answer = (asked, reply) => {
    if (asked.url?.endsWith('/there'))
      reply.writeHead(409, { 'x-request-id': 'r1' }).end('{"error_code":"X"}');
    else
      reply
        .writeHead(302, {
          location: asked.url?.includes('absolute')
            ? `${upstreamUrl}/tracking/there`
            : 'https://example.org/x',
        })
        .end();
  };
  const get = (path: string) => request(`${local.engine.url}${mlflow}${path}`, { headers: bearer });
  const conflict = await get('/there');
  expect([conflict.statusCode, conflict.headers['x-request-id']]).toEqual([409, 'r1']);
  expect(await conflict.body.text()).toBe('{"error_code":"X"}');
  expect((await get('/absolute')).headers.location).toBe(`${mlflow}/there`);
  expect((await get('/foreign')).headers.location).toBe('https://example.org/x');
});

test('a large body goes up as a stream, of any type', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 7);
  const chunks = 400;
  const expected = createHash('sha256');
  for (let index = 0; index < chunks; index++) expected.update(chunk);
  const before = process.memoryUsage().rss;
  const response = await request(
    `${local.engine.url}${mlflow}/api/2.0/mlflow-artifacts/artifacts/model.onnx`,
    {
      method: 'PUT',
      headers: { ...bearer, 'content-type': 'application/x-whatever' },
      body: Readable.from(Array.from({ length: chunks }, () => chunk)),
    },
  );
  expect(((await response.body.json()) as Echo).sha256).toBe(expected.digest('hex'));
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
});

test('an answer comes back as a stream: its start before its end is written', async () => {
  let end: () => void = () => undefined;
  answer = (_asked, reply) => {
    reply.write('first');
    end = () => reply.end('last');
  };
  const response = await request(`${local.engine.url}${mlflow}/events`, { headers: bearer });
  const parts = response.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  expect(String((await parts.next()).value)).toBe('first');
  end();
  expect(String((await parts.next()).value)).toBe('last');
});

test('who hangs up is not served on', async () => {
  const hungUp = new Promise<void>((resolve) => {
    answer = (_asked, reply) => {
      reply.write('first');
      reply.on('close', resolve);
    };
  });
  const response = await request(`${local.engine.url}${mlflow}/events`, { headers: bearer });
  response.body.destroy();
  response.body.on('error', () => undefined);
  await hungUp;
});

test('a server that does not answer is named, with status 502; one that is not configured is 404', async () => {
  answer = (asked) => asked.socket.destroy();
  const response = await request(`${local.engine.url}${annotations}/api/projects`, { headers: bearer });
  expect(response.statusCode).toBe(502);
  expect(await response.body.json()).toEqual({
    message: "Label Studio does not answer; the engine's log says why.",
  });

  const plain = await startLocalEngine({ '1.png': Buffer.from('1') });
  try {
    const none = await request(`${plain.engine.url}${mlflow}/health`, { headers: bearer });
    expect(none.statusCode).toBe(404);
    expect(await none.body.json()).toMatchObject({ message: expect.stringContaining('--mlflow') });
  } finally {
    await plain.close();
  }
});

test('a personal access token of Label Studio buys an access token once, and again after a refusal', async () => {
  const asked: string[] = [];
  let status = 403;
  answer = (message, reply) => {
    asked.push(message.url ?? '');
    reply.writeHead(status, { 'content-type': 'application/json' }).end('{"access":"short"}');
  };
  const authorization = labelStudioAuthorization(upstreamUrl, 'a.b.c');
  await expect(authorization()).rejects.toThrow('Label Studio refuses LABEL_STUDIO_API_KEY: status 403.');
  status = 200;
  expect(await Promise.all([authorization(), authorization()])).toEqual(['Bearer short', 'Bearer short']);
  expect(asked).toEqual(['/api/token/refresh', '/api/token/refresh']);
});

test('MLflow takes a token too, or nothing', async () => {
  expect(await mlflowAuthorization({ MLFLOW_TRACKING_TOKEN: 't' })()).toBe('Bearer t');
  expect(await mlflowAuthorization({})()).toBeNull();
});
