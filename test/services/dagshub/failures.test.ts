import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MockAgent } from 'undici';
import type { MetadataEntry } from '../../../core/datapoints.ts';
import {
  DomainError,
  ServiceRejectedError,
  ServiceUnavailableError,
  UnexpectedResponseError,
} from '../../../core/errors.ts';
import { DagsHubDataEngine } from '../../../services/dagshub/data-engine.ts';

const host = 'https://dagshub.test';
const graphqlPath = '/api/v1/repos/team/teeth/data-engine/graphql';
const token = 'very-secret';
let agent: MockAgent;
let engine: DagsHubDataEngine;

beforeEach(() => {
  agent = new MockAgent();
  agent.disableNetConnect();
  engine = new DagsHubDataEngine({ host: `${host}/`, repo: 'team/teeth', token, dispatcher: agent });
});
afterEach(async () => {
  agent.assertNoPendingInterceptors();
  await agent.close();
});

function answerGraphql(status: number, body: unknown, headers: Record<string, string> = {}): void {
  agent
    .get(host)
    .intercept({ path: graphqlPath, method: 'POST' })
    .reply(status, typeof body === 'string' ? body : JSON.stringify(body), { headers });
}

async function failure(call: Promise<unknown>): Promise<Error> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toContain(token);
  return error as Error;
}

const find = () => engine.findDatasource({ name: 'x' });

test('a refused token is final and names the variable to check', async () => {
  answerGraphql(401, 'no', { 'X-DagsHub-Support-Id': 'sup-1' });
  const error = await failure(find());
  expect(error).toBeInstanceOf(ServiceRejectedError);
  expect(error.message).toMatch(
    /does not accept the token: check DAGSHUB_USER_TOKEN.*401 no \(request sup-1\)/,
  );
});

test('a forbidden call is final and names the variable too', async () => {
  answerGraphql(403, 'no');
  const error = await failure(find());
  expect(error).toBeInstanceOf(ServiceRejectedError);
  expect(error.message).toContain('DAGSHUB_USER_TOKEN may not do this in team/teeth');
});

test('a missing repository is final and named', async () => {
  agent.get(host).intercept({ path: '/api/v1/user' }).reply(200, { login: 'ann' });
  agent.get(host).intercept({ path: '/api/v1/repos/team/teeth' }).reply(404, 'nothing');
  const error = await failure(engine.check());
  expect(error).toBeInstanceOf(ServiceRejectedError);
  expect(error.message).toContain('Not found in the repository team/teeth on https://dagshub.test');
});

test('a server in trouble is retried, after the wait that it asks for', async () => {
  answerGraphql(500, 'oops', { 'Retry-After': '7' });
  expect(await failure(find())).toMatchObject({ name: 'ServiceUnavailableError', retryAfterMs: 7000 });
});

test('a server that is not there is retried', async () => {
  agent.get(host).intercept({ path: graphqlPath, method: 'POST' }).replyWithError(new Error('ECONNREFUSED'));
  expect(await failure(find())).toBeInstanceOf(ServiceUnavailableError);
});

test('errors with status 200 are final, in the words of the server, with the support id', async () => {
  const errors = [{ message: 'unknown field "x"' }, { message: 'second' }];
  answerGraphql(200, { data: null, errors }, { 'X-DagsHub-Support-Id': 'sup-2' });
  const error = await failure(find());
  expect(error).toMatchObject({ name: 'ServiceRejectedError', status: 200 });
  expect(error.message).toBe('DagsHub: datasource in team/teeth: unknown field "x"; second (request sup-2)');
});

test('a token that the server repeats in its refusal is shown in no message, nor any part of it', async () => {
  answerGraphql(400, `${'x'.repeat(295)} authorization: Bearer ${token}`);
  const refused = await failure(find());
  expect(refused.message).not.toMatch(/very/);
  answerGraphql(400, `wrong header authorization: Bearer ${token} in /path?token=${token}`);
  expect((await failure(find())).message).toContain('authorization: Bearer [secret] in /path?token=[secret]');
  answerGraphql(200, { data: null, errors: [{ message: `no user has ${token}` }] });
  expect((await failure(find())).message).toContain('no user has [secret]');
  answerGraphql(302, '', { location: `https://elsewhere.test/${token}/?x=1` });
  expect((await failure(find())).message).toContain(
    'redirects to https://elsewhere.test/[secret]/; check the address',
  );
  answerGraphql(200, `no JSON with ${token}`);
  const unreadable = await failure(find());
  expect(unreadable.cause).toBeUndefined();
});

test.each([
  ['another shape', { data: { datasource: [{ id: 1 }] } }, /datasource\.0\.name/],
  ['no data', {}, /unexpected answer at its top/],
])('%s is final', async (_title, body, message) => {
  answerGraphql(200, body);
  const error = await failure(find());
  expect(error).toBeInstanceOf(UnexpectedResponseError);
  expect(error.message).toMatch(message);
});

test.each([
  ['an HTML page', '<!DOCTYPE html><html></html>', /an HTML page instead of data/],
  ['JSON that breaks off', '{"data":{"datasou', /no JSON/],
])('%s is of a gateway, and is retried', async (_title, body, message) => {
  answerGraphql(200, body);
  const error = await failure(find());
  expect(error).toBeInstanceOf(ServiceUnavailableError);
  expect(error.message).toMatch(message);
});

test('a request carries the token and a trace id', async () => {
  let sent: Record<string, string> = {};
  agent
    .get(host)
    .intercept({ path: graphqlPath, method: 'POST' })
    .reply(200, (request) => {
      sent = request.headers as Record<string, string>;
      return { data: { datasource: null } };
    });
  expect(await find()).toBeNull();
  expect(sent['authorization']).toBe(`Bearer ${token}`);
  expect(sent['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test('values that a server sends as text are read by their types', async () => {
  answerGraphql(200, {
    data: {
      datasourceQuery: {
        edges: [
          {
            node: {
              id: 7,
              path: 'a.png',
              metadata: [
                { key: 'f', value: '0.5' },
                { key: 'i', value: '3' },
                { key: 'b', value: 'False' },
                { key: 's', value: '12' },
                { key: 'm', value: ['x', 'y'] },
                { key: 'n', value: null },
              ],
            },
          },
        ],
        pageInfo: { hasNextPage: false, endCursor: 'c' },
        selectFields: [
          { name: 'f', valueType: 'FLOAT' },
          { name: 'i', valueType: 'INTEGER' },
          { name: 'b', valueType: 'BOOLEAN' },
          { name: 's', valueType: 'STRING' },
          { name: 'm', valueType: 'STRING' },
        ],
      },
    },
  });
  const { value } = await engine.queryDatapoints({ datasourceId: '1' }).next();
  expect(value).toEqual({
    datapoints: [{ id: '7', path: 'a.png', fields: { f: 0.5, i: 3, b: false, s: '12', m: '["x","y"]' } }],
    endCursor: null,
  });
});

test('a name taken while we made it is the datasource found', async () => {
  const source = { id: '3', name: 'x', rootUrl: 's3://b/p', preprocessingStatus: 'READY' };
  answerGraphql(200, { data: { datasource: [] } });
  answerGraphql(200, { errors: [{ message: 'exists' }] });
  answerGraphql(200, { data: { datasource: [source] } });
  expect(await engine.ensureDatasource({ name: 'x', rootUrl: 's3://b/p/' })).toMatchObject({ id: '3' });
});

describe('files', () => {
  const imagePath = '/api/v1/repos/team/teeth/storage/raw/s3/b/p/a%20%281%29.png';
  const fetchImage = () => engine.fetchImage({ rootUrl: 's3://b/p', path: 'a (1).png' });

  test('a redirect to another host is followed without the token', async () => {
    let sent: unknown;
    const location = 'https://bucket.test/signed?x=1';
    agent.get(host).intercept({ path: imagePath }).reply(302, '', { headers: { location } });
    agent
      .get('https://bucket.test')
      .intercept({ path: '/signed?x=1' })
      .reply(200, (request) => {
        sent = request.headers;
        return 'image';
      });
    expect(Buffer.from(await fetchImage()).toString()).toBe('image');
    expect(JSON.stringify(sent)).not.toContain(token);
    expect(JSON.stringify(sent)).not.toMatch(/authorization/i);
  });

  test('a file that is gone is a domain error', async () => {
    agent.get(host).intercept({ path: imagePath }).reply(404, 'gone');
    const error = await failure(fetchImage());
    expect(error).toBeInstanceOf(DomainError);
    expect(error.message).toBe('There is no image a (1).png in s3://b/p.');
  });

  test('a file that breaks off is retried', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('only this');
      setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const cut = new DagsHubDataEngine({ host: `http://127.0.0.1:${port}`, repo: 'team/teeth', token });
    const error = await failure(cut.fetchImage({ rootUrl: 's3://b/p', path: 'a.png' }));
    expect(error).toBeInstanceOf(ServiceUnavailableError);
    expect(error.message).toContain('broke off');
    await new Promise((resolve) => server.close(resolve));
  });

  test('a page in place of a file is of a gateway, and is retried', async () => {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    agent.get(host).intercept({ path: imagePath }).reply(200, '<html>sign in</html>', { headers });
    expect(await failure(fetchImage())).toBeInstanceOf(ServiceUnavailableError);
  });

  test('a download URL is the official client’s', () => {
    const url = (rootUrl: string, path: string) => engine.downloadUrl({ rootUrl, path });
    const api = `${host}/api/v1/repos/team/teeth`;
    // Computed with dagshub 0.7.3 (DatasourceState.raw_path).
    expect(url('s3://b.x/p q/', "ü/a!'(1)*~.png")).toBe(
      `${api}/storage/raw/s3/b.x/p%20q/%C3%BC/a%21%27%281%29%2A~.png`,
    );
    expect(url('gs://b', 'a.png')).toBe(`${api}/storage/raw/gs/b/a.png`);
    expect(url('repo://team/teeth/feature/x:data/img', 'a#b.png')).toBe(
      `${api}/raw/feature/x/data/img/a%23b.png`,
    );
    expect(() => url('s3://b/p', '../a.png')).toThrow(DomainError);
    expect(() => url('ftp://b/p', 'a.png')).toThrow(DomainError);
  });
});

describe('uploads', () => {
  const entries = (count: number): MetadataEntry[] =>
    Array.from({ length: count }, (_, index) => ({
      path: `${index}.png`,
      key: 'k',
      valueType: 'INTEGER',
      value: index,
    }));

  test('every value goes out once, in batches that grow', async () => {
    const sizes: number[] = [];
    const keys = new Set<string>();
    agent
      .get(host)
      .intercept({ path: graphqlPath, method: 'POST' })
      .reply(200, (request) => {
        const { variables } = JSON.parse(request.body as string) as {
          variables: { datapoints: { url: string }[] };
        };
        sizes.push(variables.datapoints.length);
        for (const { url } of variables.datapoints) keys.add(url);
        return { data: { updateMetadata: [] } };
      })
      .persist();
    await engine.updateMetadata({ datasourceId: '1', entries: entries(5000) });
    expect(keys.size).toBe(5000);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(5000);
    expect(sizes[0]).toBe(100);
    expect(Math.max(...sizes)).toBeGreaterThan(1000);
  });

  test('a failed batch fails the whole, and the next attempt starts smaller', async () => {
    const sizes: number[] = [];
    let fail = true;
    agent
      .get(host)
      .intercept({ path: graphqlPath, method: 'POST' })
      .reply((request) => {
        const { variables } = JSON.parse(request.body as string) as { variables: { datapoints: unknown[] } };
        sizes.push(variables.datapoints.length);
        return fail
          ? { statusCode: 503, data: 'busy' }
          : { statusCode: 200, data: { data: { updateMetadata: [] } } };
      })
      .persist();
    const attempt = () => engine.updateMetadata({ datasourceId: '1', entries: entries(5000) });
    expect(await failure(attempt())).toBeInstanceOf(ServiceUnavailableError);
    const tried = sizes.splice(0).length;
    expect(tried).toBeLessThanOrEqual(4);
    fail = false;
    await attempt();
    expect(sizes[0]).toBe(50);
  });

  test('a value that no server takes is refused before anything is sent', async () => {
    const bad = (entry: MetadataEntry) =>
      failure(engine.updateMetadata({ datasourceId: '1', entries: [entry] }));
    expect((await bad({ path: 'a.png', key: 's', valueType: 'FLOAT', value: NaN })).message).toContain(
      's of a.png is NaN',
    );
    expect(await bad({ path: 'a.png', key: 's', valueType: 'INTEGER', value: 1.5 })).toBeInstanceOf(
      DomainError,
    );
  });
});
