import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request as plainRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import { labelStudioAuthorization } from '../../engine/upstream-credentials.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { createDatasource } from './ask-engine.ts';

const bearer = { authorization: `Bearer ${testToken}` };
const api = `/api/v1/repos/${testRepo}`;
const raw = `${api}/storage/raw/s3/digits/data`;
let local: LocalEngine;
let behind: Server;
let asked: string[];
const logged: string[] = [];

beforeAll(async () => {
  behind = createServer((message, reply) => {
    asked.push(message.url ?? '');
    reply.writeHead(message.url === '/api/token/refresh' ? 401 : 200).end('{}');
  });
  await new Promise<void>((listening) => behind.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(behind.address() as AddressInfo).port}`;
  local = await startLocalEngine(
    { '1.png': Buffer.from('0123456789'), 'in/2.png': Buffer.from('2') },
    {
      publicImages: true,
      mlflow: { url: `${url}/tracking`, authorization: () => Promise.resolve('Basic secret') },
      labelStudio: { url, authorization: labelStudioAuthorization(url, 'a.b.c') },
      logger: { info: () => undefined, warn: (message) => logged.push(message) },
    },
  );
  const images = path.join(local.folder, 'images');
  await writeFile(path.join(local.folder, 'secret.png'), 'secret');
  await symlink(local.folder, path.join(images, 'in', 'up'));
  await symlink('../../secret.png', path.join(images, 'in', 'out.png'));
  await symlink('loop.png', path.join(images, 'loop.png'));
  await symlink('in/2.png', path.join(images, 'own.png'));
  await mkdir(path.join(images, 'folder.png'));
  execFileSync('mkfifo', [path.join(images, 'pipe.png')]);
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await local.close();
  await new Promise((closed) => behind.close(closed));
});

/** The address goes out as it is written; undici and fetch tidy dots away. */
async function get(
  address: string,
  headers: Record<string, string> = bearer,
  method = 'GET',
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }> {
  const { hostname, port } = new URL(local.engine.url);
  return new Promise((resolve, reject) => {
    plainRequest({ hostname, port, path: address, headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    })
      .on('error', reject)
      .end();
  });
}

test('a wrong token is 401 wherever it asks, another repository is 404 by its name', async () => {
  for (const address of [
    ...['/api/v1/user', api, `${api}/data-engine/graphql`, `${api}/data-engine/blob/x`, `${api}/nothing`],
    ...['/api/v1/repos/team/other', `/${testRepo}.mlflow/x`, `/${testRepo}/annotations/de/x`, '/nothing'],
    ...[`${api}/data-engine/import/metadata`, `${api}/data-engine/annotations/init`, '/%61pi/v1/user'],
  ])
    for (const method of ['GET', 'POST', 'OPTIONS'])
      expect([address, method, (await get(address, { authorization: 'Bearer no' }, method)).status]).toEqual([
        address,
        method,
        401,
      ]);
  for (const address of [
    ...['/api/v1/repos/team/other', '/api/v1/repos/team/other/data-engine/graphql', '/team/other.mlflow/api'],
    '/team/other/annotations/de/api/projects',
  ]) {
    const { status, text } = await get(address);
    expect([status, JSON.parse(text)]).toEqual([
      404,
      { message: `There is no repository team/other; this engine serves ${testRepo}.` },
    ]);
  }
  expect((await get('/a/b')).text).toContain('This engine has no GET /a/b.');
});

test('a failure has a support id, of its own, which is in the log when it is ours; a success has none', async () => {
  const id = (headers: IncomingHttpHeaders) => headers['x-dagshub-support-id'];
  const missing = await Promise.all([get('/nothing'), get('/nothing', {}), get(`${raw}/gone.png`)]);
  const ids = missing.map(({ headers }) => id(headers));
  expect(ids).toEqual([0, 1, 2].map(() => expect.stringMatching(/^[0-9a-f]{16}$/) as unknown));
  expect(new Set(ids).size).toBe(3);
  expect(id((await get(api)).headers)).toBeUndefined();

  const ask = (query: string) =>
    fetch(`${local.engine.url}${api}/data-engine/graphql`, {
      ...{ method: 'POST', headers: { ...bearer, 'content-type': 'application/json' } },
      body: JSON.stringify({ query }),
    });
  for (const query of ['{ nothing }', '{ datasourceQuery(datasource: "99") { queryDataTime } }']) {
    const answer = await ask(query);
    expect([answer.status, answer.headers.get('x-dagshub-support-id')]).toEqual([
      200,
      expect.stringMatching(/^[0-9a-f]{16}$/),
    ]);
  }
  expect((await ask('{ datasource { id } }')).headers.get('x-dagshub-support-id')).toBeNull();

  // A datasource whose table is gone, as in a damaged file.
  const broken = await startLocalEngine(
    { '1.png': Buffer.from('1') },
    {
      nowMs: () => {
        throw new Error('the clock is broken');
      },
      logger: { info: () => undefined, warn: (message) => logged.push(message) },
    },
  );
  try {
    const url = `${broken.engine.url}${api}/data-engine/graphql`;
    const query = 'mutation { saveDataset(datasource: "1", name: "x", filter: {}) { id } }';
    await fetch(url, {
      ...{ method: 'POST', headers: { ...bearer, 'content-type': 'application/json' } },
      body: JSON.stringify({
        query: `mutation { createDatasource(name: "a", url: "${broken.rootUrl}", dsType: BUCKET) { id } }`,
      }),
    });
    const answer = await fetch(url, {
      ...{ method: 'POST', headers: { ...bearer, 'content-type': 'application/json' } },
      body: JSON.stringify({ query }),
    });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('clock');
    const support = answer.headers.get('x-dagshub-support-id') ?? 'none';
    expect(logged.filter((line) => line.includes(support))).toEqual([
      expect.stringContaining('the clock is broken'),
    ]);
  } finally {
    await broken.close();
  }
});

test.each([
  `${raw}/%2e%2e/secret.png`,
  `${raw}/.%2e/secret.png`,
  `${raw}/%252e%252e/secret.png`,
  `${raw}/in/%2e%2e/%2e%2e/secret.png`,
  `${raw}/in%2f..%2f..%2fsecret.png`,
  `${raw}/in%5c..%5c..%5csecret.png`,
  `${raw}/./1.png`,
  `${raw}//1.png`,
  `${raw}/in/out.png`,
  `${raw}/in/up/secret.png`,
  `${raw}/loop.png`,
  `${raw}/folder.png`,
  `${raw}/pipe.png`,
  `${raw}/1.png/2.png`,
  `${raw}/${'a'.repeat(300)}.png`,
  `${api}/raw/%2e%2e/data-engine/blob/x.png`,
  `${api}/raw/..%2f..%2f..%2fuser?.png`,
])('nothing is behind %s, for anybody', async (address) => {
  for (const headers of [{}, bearer]) {
    const { status, text } = await get(address, headers);
    expect(text).not.toContain('secret');
    expect([401, 404]).toContain(status);
  }
});

test('content is listed below the roots only', async () => {
  for (const wanted of ['in/up', '..', '%2e%2e', 'in/%2e%2e/%2e%2e', '..%2f..', 'loop.png', '%00'])
    expect([wanted, (await get(`${api}/storage/content/s3/digits/data/${wanted}`)).status]).toEqual([
      wanted,
      404,
    ]);
  const { text } = await get(`${api}/storage/content/s3/digits/data/in`);
  expect((JSON.parse(text) as { entries: { path: string }[] }).entries.map((one) => one.path)).toEqual([
    's3/digits/data/in/2.png',
  ]);
});

test('a link to a file of the root is that file', async () => {
  expect(await get(`${raw}/own.png`, {})).toMatchObject({ status: 200, text: '2' });
});

test('a malformed address is no failure of ours', async () => {
  for (const address of [`${raw}/%`, `${raw}/%ff.png`, `${api}/%zz`, `/${testRepo}.mlflow/%`])
    expect([400, 404]).toContain((await get(address)).status);
});

test('images tell every origin what it may read, failures included', async () => {
  const etag = String((await get(`${raw}/1.png`, {})).headers.etag);
  const answers = await Promise.all([
    get(`${raw}/1.png`, { origin: 'http://labels' }),
    get(`${raw}/1.png`, { range: 'bytes=1-2' }),
    get(`${raw}/1.png`, { range: 'bytes=99-' }),
    get(`${raw}/1.png`, { 'if-none-match': `"x", W/${etag}` }),
    get(`${raw}/1.png`, { 'if-none-match': '*' }),
    get(`${raw}/gone.png`, {}),
    get(`${raw}/notes.txt`, {}),
    get(`${raw}/1.png`, { range: 'bytes=1-2' }, 'HEAD'),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 206, 416, 304, 304, 404, 401, 200]);
  for (const { headers } of answers) expect(headers['access-control-allow-origin']).toBe('*');
  for (const index of [3, 4]) expect(answers[index]).toMatchObject({ text: '', headers: { etag } });
  expect(answers[7].headers['content-length']).toBe('10');
});

test('an image that is changed has another ETag; one that goes is 404', async () => {
  const file = path.join(local.folder, 'images', 'changing.png');
  await writeFile(file, 'one');
  const before = await get(`${raw}/changing.png`);
  await writeFile(file, 'three');
  const after = await get(`${raw}/changing.png`, { ...bearer, 'if-none-match': String(before.headers.etag) });
  expect(after).toMatchObject({ status: 200, text: 'three' });
  await rm(file);
  expect(await get(`${raw}/changing.png`)).toMatchObject({ status: 404 });
});

test('what is led to MLflow stays below its address', async () => {
  const mlflow = `/${testRepo}.mlflow`;
  for (const below of [
    ...['/../admin', '/%2e%2e/admin', '/a/..%2f../admin', '/\\evil.example/x', '/.%5c..%5cx', '/./x', '/%'],
  ])
    expect([below, (await get(mlflow + below)).status]).toEqual([below, 400]);
  expect(asked).toEqual([]);
  expect((await get(`${mlflow}//evil.example/x`)).status).toBe(200);
  expect((await get(`${mlflow}/a...b?x=../y&z=%2F..&half=100%`)).status).toBe(200);
  expect(asked).toEqual(['/tracking//evil.example/x', '/tracking/a...b?x=../y&z=%2F..&half=100%']);
});

test('a Label Studio that refuses the key of the engine is named, with status 502', async () => {
  expect(await get(`/${testRepo}/annotations/de/api/projects`)).toMatchObject({
    status: 502,
    text: JSON.stringify({ message: 'Label Studio refuses LABEL_STUDIO_API_KEY: status 401.' }),
  });
});

test.each([
  '',
  ' ',
  'x',
  '=',
  Buffer.from('{}').toString('base64url'),
  Buffer.from('[1').toString('base64url'),
  Buffer.from('{"order":"","values":[],"id":"1; DROP TABLE x","answered":0}').toString('base64url'),
  Buffer.from('{"order":"","values":[1],"id":1,"answered":0}').toString('base64url'),
  Buffer.from('{"order":"","values":[],"id":1e400,"answered":0}').toString('base64url'),
  'a'.repeat(100_000),
])('a cursor like %j is refused in words, or none', async (after) => {
  const id = await datasource();
  const response = await fetch(`${local.engine.url}${api}/data-engine/graphql`, {
    ...{ method: 'POST', headers: { ...bearer, 'content-type': 'application/json' } },
    body: JSON.stringify({
      query: `query($id: ID!, $after: String) { datasourceQuery(datasource: $id, after: $after) { edges { node { path } } } }`,
      variables: { id, after },
    }),
  });
  const answer = (await response.json()) as { errors?: { message: string }[]; data: unknown };
  expect(response.status).toBe(200);
  // An empty cursor is the start, as the official client may send it.
  if (after === '') expect(answer.errors).toBeUndefined();
  else expect(answer.errors?.[0]!.message).toMatch(/^"after" is /);
});

let made: Promise<string> | undefined;
function datasource(): Promise<string> {
  made ??= createDatasource(local, 'guarded');
  return made;
}

test('a connection that has asked nothing does not hold the engine up as it closes', async () => {
  const other = await startLocalEngine({ '1.png': Buffer.from('1') });
  const { hostname, port } = new URL(other.engine.url);
  const silent = connect(Number(port), hostname);
  await once(silent, 'connect');
  // A request of another connection, after which the server has surely taken both.
  await fetch(`${other.engine.url}/health`);
  const ended = once(silent, 'close');
  await other.close();
  await ended;
});
