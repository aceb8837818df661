import { symlink, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import path from 'node:path';
import { request } from 'undici';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';

const bearer = { authorization: `Bearer ${testToken}` };
const image = Buffer.from('0123456789');
let local: LocalEngine;

beforeAll(async () => {
  local = await startLocalEngine({ 'a b/ü#1.png': image, 'notes.txt': Buffer.from('private') });
  await writeFile(path.join(local.folder, 'secret.png'), 'secret');
  await symlink(path.join(local.folder, 'secret.png'), path.join(local.folder, 'images', 'out.png'));
  await symlink(local.folder, path.join(local.folder, 'images', 'up'));
});
afterAll(() => local.close());

async function get(
  url: string,
  headers: Record<string, string> = bearer,
  method: 'GET' | 'HEAD' | 'OPTIONS' = 'GET',
) {
  const response = await request(local.engine.url + url, { method, headers });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}
const api = `/api/v1/repos/${testRepo}`;
const raw = `${api}/storage/raw/s3/digits/data`;
const imageUrl = `${raw}/a%20b/%C3%BC%231.png`;

test('a token may come as Bearer, token or Basic; anything else is 401', async () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  for (const authorization of [
    `Bearer ${testToken}`,
    `token ${testToken}`,
    basic(`x:${testToken}`),
    basic(`${testToken}:`),
  ])
    expect(await get('/api/v1/user', { authorization })).toMatchObject({ status: 200 });
  for (const authorization of ['Bearer no', testToken, basic('x:y'), `Digest ${testToken}`, 'Bearer '])
    expect(await get('/api/v1/user', { authorization })).toMatchObject({ status: 401 });
  expect(await get('/api/v1/user', {})).toMatchObject({ status: 401 });
});

test('the user, the repository, its branch and its storage are told', async () => {
  expect(JSON.parse((await get('/api/v1/user')).text)).toMatchObject({ login: 'team', username: 'team' });
  expect(JSON.parse((await get(api)).text)).toMatchObject({ full_name: testRepo, default_branch: 'main' });
  const branch = JSON.parse((await get(`${api}/branches/main`)).text) as { commit: { id: string } };
  expect(branch.commit.id).toMatch(/^[0-9a-f]{40}$/);
  expect(await get(`${api}/branches/other`)).toMatchObject({ status: 404 });
  expect(JSON.parse((await get(`${api}/storage`)).text)).toEqual([
    { name: 'digits/data', protocol: 's3', list_path: `${api}/storage/content/s3/digits/data` },
  ]);
});

test('another repository is 404 and named', async () => {
  const answer = await get('/api/v1/repos/team/other/storage');
  expect(answer).toMatchObject({ status: 404 });
  expect(answer.text).toContain('There is no repository team/other');
});

test('a file comes whole, typed, and open to every origin', async () => {
  const answer = await get(imageUrl);
  expect(answer).toMatchObject({ status: 200, text: '0123456789' });
  expect(answer.headers).toMatchObject({
    'content-type': 'image/png',
    'access-control-allow-origin': '*',
    'accept-ranges': 'bytes',
    'content-length': '10',
  });
  const head = await get(imageUrl, bearer, 'HEAD');
  expect(head).toMatchObject({ status: 200, text: '' });
});

test.each([
  ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
  ['bytes=7-', 206, '789', 'bytes 7-9/10'],
  ['bytes=-2', 206, '89', 'bytes 8-9/10'],
  ['bytes=-50', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=5-500', 206, '56789', 'bytes 5-9/10'],
  ['bytes=10-', 416, '', 'bytes */10'],
  ['bytes=4-2', 200, '0123456789', undefined],
  ['bytes=0-1,4-5', 200, '0123456789', undefined],
  ['lines=1-2', 200, '0123456789', undefined],
])('range %s answers %i', async (range, status, text, contentRange) => {
  const answer = await get(imageUrl, { ...bearer, range });
  expect(answer).toMatchObject({ status, text });
  expect(answer.headers['content-range']).toBe(contentRange);
});

test('who has the file gets 304, and a range of another state gets it whole', async () => {
  const etag = String((await get(imageUrl)).headers['etag']);
  expect(await get(imageUrl, { ...bearer, 'if-none-match': etag })).toMatchObject({ status: 304, text: '' });
  expect(await get(imageUrl, { ...bearer, 'if-none-match': '"other"' })).toMatchObject({ status: 200 });
  expect(await get(imageUrl, { ...bearer, range: 'bytes=0-0', 'if-range': etag })).toMatchObject({
    status: 206,
  });
  expect(await get(imageUrl, { ...bearer, range: 'bytes=0-0', 'if-range': '"x"' })).toMatchObject({
    status: 200,
  });
});

test.each([
  `${raw}/../secret.png`,
  `${raw}/%2e%2e/secret.png`,
  `${raw}/..%2fsecret.png`,
  `${raw}/a%20b/..%2f..%2f..%2fsecret.png`,
  `${raw}/%2fetc/passwd`,
  `${raw}/out.png`,
  `${raw}/up/secret.png`,
  `${raw}/a%00b.png`,
  `${raw}/gone.png`,
  `${raw}/a%20b`,
  raw,
  `${api}/storage/raw/s3/digits/datax/notes.txt`,
])('%s is 404', async (url) => {
  // undici and fetch tidy dots away; this one goes out as it stands.
  const { hostname, port } = new URL(local.engine.url);
  const status = await new Promise((resolve, reject) => {
    plainRequest({ hostname, port, path: url, headers: bearer }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(404);
});

test('without publicImages an image needs the token; a preflight does not', async () => {
  expect(await get(imageUrl, {})).toMatchObject({ status: 401 });
  const preflight = await get(
    imageUrl,
    { origin: 'http://labels', 'access-control-request-method': 'GET' },
    'OPTIONS',
  );
  expect(preflight).toMatchObject({ status: 204 });
  expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
});

test('with publicImages images are open, and nothing else is', async () => {
  const open = await startLocalEngine({ '1.png': image, 'notes.txt': image }, { publicImages: true });
  const status = async (url: string) => (await request(open.engine.url + url)).statusCode;
  expect(await status(`${raw}/1.png`)).toBe(200);
  expect(await status(`${raw}/notes.txt`)).toBe(401);
  expect(await status(`${api}/storage`)).toBe(401);
  expect(await status(`${api}/data-engine/blob/x.png`)).toBe(401);
  await open.close();
});

test('a body that is no JSON, or no GraphQL, is 400', async () => {
  const post = (body: string) =>
    request(`${local.engine.url}${api}/data-engine/graphql`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body,
    });
  for (const body of ['{', '[]', '{"query":1}']) {
    const response = await post(body);
    expect(response.statusCode).toBe(400);
    await response.body.dump();
  }
});

test('folders are listed as the content API does, the way to a root included', async () => {
  const list = async (url: string) => JSON.parse((await get(`${api}/${url}`)).text) as unknown;
  const entry = (place: string, type: string, more = {}) =>
    expect.objectContaining({ path: place, type, versioning: 'bucket', ...more }) as unknown;
  const page = (...entries: unknown[]) => ({ entries, next_token: null });
  expect(await list('storage/content/s3')).toEqual(page(entry('s3/digits', 'dir')));
  expect(await list('storage/content/s3/digits/data/')).toEqual(
    page(entry('s3/digits/data/a b', 'dir'), entry('s3/digits/data/notes.txt', 'file', { size: 7 })),
  );
  const file = entry('s3/digits/data/a b/ü#1.png', 'file', { download_url: local.engine.url + imageUrl });
  expect(await list('storage/content/s3/digits/data/a%20b')).toEqual(page(file));
  expect(await list('storage/content/s3/digits/data/a%20b/%C3%BC%231.png')).toEqual(file);
  expect(await list('content/main')).toEqual([
    expect.objectContaining({ path: 'empty', type: 'dir', versioning: 'git' }),
  ]);
  expect(await list('content/main/empty')).toEqual([]);
  for (const url of [
    'content/other',
    'content/main/x',
    'storage/content/gs',
    'storage/content/s3/digits/data/up',
  ])
    expect(await get(`${api}/${url}`)).toMatchObject({ status: 404 });
});

test('a bucket of many files is listed in pages, continued with from_token', async () => {
  const names = Array.from({ length: 1500 }, (_, index) => `f${String(index).padStart(4, '0')}.png`);
  const many = await startLocalEngine(Object.fromEntries(names.map((name) => [name, image])));
  try {
    const page = async (query: string) => {
      const response = await request(`${many.engine.url}${api}/storage/content/s3/digits/data${query}`, {
        headers: bearer,
      });
      return (await response.body.json()) as { entries: { path: string }[]; next_token: string | null };
    };
    const first = await page('?paging=True');
    const second = await page(`?paging=True&from_token=${encodeURIComponent(first.next_token ?? '')}`);
    const listed = [...first.entries, ...second.entries].map((one) => one.path);
    expect(listed).toEqual(names.map((name) => `s3/digits/data/${name}`));
    expect(second.next_token).toBeNull();
  } finally {
    await many.close();
  }
});

test('the commit that a branch points at is told, and reports of use are taken and dropped', async () => {
  const branch = JSON.parse((await get(`${api}/branches/main`)).text) as { commit: { id: string } };
  expect(JSON.parse((await get(`${api}/commits/${branch.commit.id}`)).text)).toEqual({
    commit: branch.commit,
  });
  expect(await get(`${api}/commits/0000`)).toMatchObject({ status: 404 });
  const report = await request(`${local.engine.url}/api/internal/trackAnalyticsEvent`, {
    method: 'POST',
    headers: { ...bearer, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'event=x',
  });
  expect(report.statusCode).toBe(204);
});
