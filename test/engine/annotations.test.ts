import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { labelStudioAuthorization } from '../../engine/upstream-credentials.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { askEngine, createDatasource } from './ask-engine.ts';

/** What Label Studio is asked; the real one is asked in `test/conformance`. */
interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

const token = 'a'.repeat(40);
const api = `/api/v1/repos/${testRepo}`;
const bearer = { authorization: `Bearer ${testToken}`, 'content-type': 'application/json' };
let upstream: Server;
let asked: Asked[];
let answerTo: (question: Asked) => { status: number; json: unknown };
let local: LocalEngine;
let id: string;

beforeEach(async () => {
  asked = [];
  answerTo = ({ method, url }) => {
    if (method === 'GET' && url.startsWith('/api/projects/?'))
      return { status: 200, json: { results: [{ id: 3, title: 'Old <one>' }] } };
    if (method === 'GET') return { status: 200, json: { label_config: '<View>old</View>' } };
    return { status: 201, json: { id: 7, title: 'teeth' } };
  };
  upstream = createServer((message, reply) => {
    void read(message).then((question) => {
      asked.push(question);
      const { status, json } = answerTo(question);
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  local = await startLocalEngine(
    { '1.png': Buffer.from('1'), '2.png': Buffer.from('2'), '3.png': Buffer.from('3') },
    { labelStudio: { url, authorization: labelStudioAuthorization(url, token) } },
  );
  id = await createDatasource(local);
});
afterEach(async () => {
  await local.close();
  await new Promise((closed) => upstream.close(closed));
});

async function read(message: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  expect(message.headers.authorization).toBe(`Token ${token}`);
  return {
    method: message.method ?? '',
    url: message.url ?? '',
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}

async function init(body: unknown) {
  const response = await request(`${local.engine.url}${api}/data-engine/annotations/init`, {
    ...{ method: 'POST', headers: bearer, body: JSON.stringify(body) },
  });
  return {
    status: response.statusCode,
    body: (await response.body.json()) as { link: string; message?: string },
  };
}

/** As a browser does: without a token. */
async function open(link: string, form?: Record<string, string>) {
  const response = await request(link, {
    method: form ? 'POST' : 'GET',
    ...(form && {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    }),
  });
  const { statusCode: status, headers, body } = response;
  return { status, location: headers.location, text: await body.text() };
}

const wanted = (more = {}) => ({
  datasource_id: id,
  datapoints: [1, 3].map((one) => ({ id: one, download_url: `http://host/${one}.png` })),
  ls_meta_excludes: null,
  ls_meta_includes: null,
  ...more,
});

test('the link is a page that a person names the project on; it is made once, and the link then leads to it', async () => {
  await setFields();
  const { status, body } = await init(wanted());
  expect(status).toBe(200);
  expect(body.link).toMatch(new RegExp(`^${local.engine.url}/${testRepo}/annotations/requests/[\\w-]{32}$`));
  const page = await open(body.link);
  expect(page.text).toContain('2 images of teeth wait to be annotated.');
  expect(page.text).toContain('<option value="3">Old &lt;one&gt;</option>');

  asked = [];
  const [made, again] = await Promise.all([
    open(body.link, { title: ' teeth ', labels_of: '3' }),
    open(body.link, { title: 'teeth', labels_of: '3' }),
  ]);
  expect(made).toMatchObject({ status: 303, location: expect.stringMatching(/\/projects\/7\/data$/) });
  expect(again).toMatchObject({ status: 303, location: made.location });
  expect(asked).toEqual([
    { method: 'GET', url: '/api/projects/3/', body: null },
    { method: 'POST', url: '/api/projects/', body: { title: 'teeth', label_config: '<View>old</View>' } },
    {
      method: 'POST',
      url: '/api/projects/7/import',
      body: [
        {
          data: { image: 'http://host/1.png' },
          meta: { path: '1.png', datapoint_id: 1, split: 'train', ok: true, tags: ['a', 'b'] },
        },
        { data: { image: 'http://host/3.png' }, meta: { path: '3.png', datapoint_id: 3 } },
      ],
    },
  ]);
  const later = await local.restart();
  local = later;
  const moved = body.link.replace(/^http:\/\/[^/]+/, later.engine.url);
  expect(await open(moved)).toMatchObject({ status: 303, location: made.location });
  expect(await open(moved, { title: 'other' })).toMatchObject({ status: 303, location: made.location });
});

test.each([
  [{ ls_meta_includes: ['ok'] }, { ok: true }],
  [{ ls_meta_excludes: ['ok', 'tags'] }, { split: 'train' }],
])('of the metadata %j is shown beside the image', async (more, shown) => {
  await setFields();
  await open((await init(wanted(more))).body.link, { title: 'teeth' });
  const tasks = asked.at(-1)?.body as { meta: unknown }[];
  expect(tasks[0]?.meta).toEqual({ path: '1.png', datapoint_id: 1, ...shown });
});

test('what Label Studio refuses is told on the page, and a project it cannot fill is deleted', async () => {
  const { link } = (await init(wanted())).body;
  expect(await open(link, { title: 'x' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('A project&#39;s name has 3 to 50 characters.'),
  });
  const before = answerTo;
  answerTo = (question) =>
    question.url.endsWith('/import')
      ? { status: 400, json: { detail: 'Validation error', validation_errors: { data: ['is bad'] } } }
      : before(question);
  const refused = await open(link, { title: '"teeth"' });
  expect(refused.status).toBe(502);
  expect(refused.text).toContain('Label Studio refuses POST /api/projects/7/import: 400 data: is bad');
  expect(refused.text).toContain('value="&quot;teeth&quot;"');
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toContain('DELETE /api/projects/7/');
  answerTo = before;
  expect(await open(link, { title: 'teeth' })).toMatchObject({ status: 303 });
});

test('datapoints that are gone are left out; when all are, the page says so', async () => {
  await askEngine(
    local,
    'mutation($id: ID!) { deleteDatapoint(datasource: $id, datapoints: [{datapointId: "1"}]) { path } }',
    { id },
  );
  const { link } = (await init(wanted())).body;
  await open(link, { title: 'teeth' });
  expect(asked.at(-1)?.body).toHaveLength(1);
  const none = (await init(wanted({ datapoints: [{ id: 1, download_url: 'http://host/1.png' }] }))).body.link;
  expect((await open(none, { title: 'teeth' })).text).toContain(
    'None of these datapoints is there any more.',
  );
});

test('a wrong request is refused in words, and a guessed key opens nothing', async () => {
  expect(await init(wanted({ datasource_id: '99' }))).toEqual({
    status: 404,
    body: { message: 'There is no datasource with id 99.' },
  });
  expect(await init(wanted({ datapoints: [] }))).toEqual({
    status: 400,
    body: { message: 'The request is wrong at datapoints.' },
  });
  const pages = `${local.engine.url}/${testRepo}/annotations/requests/`;
  expect(await open(`${pages}${'a'.repeat(32)}`)).toMatchObject({ status: 404 });
  expect(await open(`${pages}${'a'.repeat(32)}`, { title: 'teeth' })).toMatchObject({ status: 404 });
  for (const other of ['', 'a/b', '..%2f..%2fapi', 'a/../../x'])
    expect((await open(pages + other)).status).toBe(401);
  expect(asked).toEqual([]);
});

test('without a Label Studio the page says how to start the engine with one', async () => {
  const plain = await startLocalEngine({ '1.png': Buffer.from('1') });
  try {
    const own = local;
    local = plain;
    id = await createDatasource(plain);
    const { link } = (await init(wanted())).body;
    expect((await open(link)).text).toContain('--label-studio URL');
    expect(await open(link, { title: 'teeth' })).toMatchObject({ status: 404 });
    const start = () =>
      request(`${local.engine.url}${api}/annotations/start`, {
        method: 'POST',
        headers: { authorization: bearer.authorization },
      });
    expect((await start()).statusCode).toBe(404);
    local = own;
    expect((await start()).statusCode).toBe(200);
  } finally {
    await plain.close();
  }
});

async function setFields(): Promise<void> {
  const value = (key: string, text: string, valueType: string, allowMultiple = false) => ({
    ...{ url: '1.png', key, value: text, valueType, allowMultiple },
  });
  await askEngine(
    local,
    'mutation($id: ID!, $d: [DatapointMetadataInput!]!) { updateMetadata(datasource: $id, datapoints: $d) { path } }',
    {
      id,
      d: [
        value('split', 'train', 'STRING'),
        value('ok', 'True', 'BOOLEAN'),
        value('tags', 'a', 'STRING', true),
        value('tags', 'b', 'STRING', true),
        value('prediction', 'H4sIAAAAAAAAAwMAAAAAAAAAAAA=', 'BLOB'),
      ],
    },
  );
}
