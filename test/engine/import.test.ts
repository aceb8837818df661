import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { FormData, request } from 'undici';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { askEngine, createDatasource } from './ask-engine.ts';

let local: LocalEngine;
let id: string;
beforeEach(async () => {
  local = await startLocalEngine({ '1.png': Buffer.from('1'), '3.png': Buffer.from('3') });
  id = await createDatasource(local);
});
afterEach(() => local.close());

const bearer = { authorization: `Bearer ${testToken}` };
const api = `/api/v1/repos/${testRepo}/data-engine`;

async function send(file: string | Uint8Array, name: string, more: Record<string, string> = {}) {
  const form = new FormData();
  // The order of the parts is the sender's.
  form.set('file', new File([file], name));
  for (const [key, value] of Object.entries({ datasource_name: 'teeth', ...more })) form.set(key, value);
  const response = await request(`${local.engine.url}${api}/import/metadata`, {
    method: 'POST',
    headers: bearer,
    body: form,
  });
  const body = (await response.body.json()) as {
    rows?: number;
    message?: string;
    faults?: { row: number; column: string | null }[];
  };
  return { status: response.statusCode, body };
}

/** Path → field → value, of datapoints with a value. */
async function stored(): Promise<Record<string, Record<string, unknown>>> {
  const { datasourceQuery } = await askEngine(
    local,
    'query($id: ID!) { datasourceQuery(datasource: $id) { edges { node { path metadata { key value } } } } }',
    { id },
  );
  return Object.fromEntries(
    datasourceQuery.edges
      .filter(({ node }) => node.metadata.length > 0)
      .map(({ node }) => [
        node.path,
        Object.fromEntries(node.metadata.map(({ key, value }) => [key, value])),
      ]),
  );
}

async function fieldTypes(): Promise<Record<string, string>> {
  const answer = (await askEngine(
    local,
    'query($id: ID) { datasource(id: $id) { metadataFields { name valueType multiple tags } } }',
    { id },
  )) as unknown as {
    datasource: {
      metadataFields: { name: string; valueType: string; multiple: boolean; tags: string[] }[];
    }[];
  };
  return Object.fromEntries(
    answer.datasource[0]!.metadataFields.map((one) => [
      one.name,
      [one.valueType, ...(one.multiple ? ['multiple'] : []), ...one.tags].join(' '),
    ]),
  );
}

async function blob(hash: unknown): Promise<string> {
  const response = await request(`${local.engine.url}${api}/blob/${String(hash)}`, { headers: bearer });
  return Buffer.from(await response.body.arrayBuffer()).toString('latin1');
}

/** Nothing of an import stays on disk but what is stored. */
async function leftovers(): Promise<string[]> {
  return readdir(path.join(local.folder, 'data', 'imports'));
}

test('a CSV becomes metadata: columns typed as pandas has them, unknown paths made, empty cells and generated columns left out', async () => {
  const csv = [
    '\uFEFFpath,whole,gaps,score,ok,mixed,text,none,datapoint_id',
    '1.png,007,1,1e-3,True,1,"a, ""b""",,9',
    'new/2.png,2,,,false,x,NA,NaN,9',
    '3.png, 3 ,3,2,,True,True,null,9',
  ].join('\r\n');
  expect(await send(csv, 'labels.csv')).toEqual({ status: 200, body: { rows: 3 } });
  expect(await fieldTypes()).toEqual({
    whole: 'INTEGER',
    gaps: 'FLOAT',
    score: 'FLOAT',
    ok: 'BOOLEAN',
    mixed: 'STRING',
    text: 'STRING',
  });
  expect(await stored()).toEqual({
    '1.png': { whole: 7, gaps: 1, score: 0.001, ok: true, mixed: '1', text: 'a, "b"' },
    'new/2.png': { whole: 2, ok: false, mixed: 'x' },
    '3.png': { whole: 3, gaps: 3, score: 2, mixed: 'True', text: 'True' },
  });
  expect(await leftovers()).toEqual([]);
});

test('Parquet of pandas keeps its types: BLOBs, times and lists too', async () => {
  const file = await readFile('test/engine/fixtures/metadata.parquet');
  expect(await send(file, 'rows.parquet', { path_column: 'path' })).toEqual({
    status: 200,
    body: { rows: 3 },
  });
  expect(await fieldTypes()).toEqual({
    rounds: 'INTEGER',
    score: 'FLOAT',
    ok: 'BOOLEAN',
    name: 'STRING',
    blob: 'BLOB',
    taken: 'DATETIME',
    tags: 'STRING multiple',
  });
  const rows = await stored();
  expect(rows).toEqual({
    '1.png': {
      ...{ rounds: 1, score: 0.1, ok: true, name: 'eins', tags: ['a', 'b'] },
      ...{ taken: Date.UTC(2024, 11, 31, 23, 30), blob: expect.any(String) as string },
    },
    'new/2.png': { rounds: 2, ok: false },
    '3.png': {
      ...{ rounds: 3, score: 2, name: 'ü', tags: ['c'] },
      ...{ taken: Date.UTC(2025, 5, 1), blob: expect.any(String) as string },
    },
  });
  expect(await blob(rows['1.png']?.['blob'])).toBe('one');
  expect(await blob(rows['3.png']?.['blob'])).toBe('\x00\xff');
});

test('a field that exists keeps its type, and the values are read as that', async () => {
  const set = (key: string, value: string, valueType: string, allowMultiple = false) => ({
    ...{ url: '1.png', key, value, valueType, allowMultiple },
  });
  await askEngine(
    local,
    'mutation($id: ID!, $d: [DatapointMetadataInput!]!) { updateMetadata(datasource: $id, datapoints: $d) { path } }',
    {
      id,
      d: [
        set('number', '0.5', 'FLOAT'),
        set('text', 'x', 'STRING'),
        set('taken', '0', 'DATETIME'),
        set('tags', 'a', 'STRING', true),
        set('raw', gzipSync('kept').toString('base64'), 'BLOB'),
      ],
    },
  );
  const csv =
    'path,number,text,taken,tags,raw\n1.png,1,2,2025-01-01T00:30:00+01:00,b,0123abcd\n3.png,2,3,1000,c,\n';
  expect(await send(csv, 'a.csv')).toMatchObject({ status: 200 });
  const rows = await stored();
  const taken = Date.UTC(2024, 11, 31, 23, 30);
  expect(rows['1.png']).toMatchObject({ number: 1, text: '2', taken, tags: ['a', 'b'] });
  expect(rows['3.png']).toEqual({ number: 2, text: '3', taken: 1000, tags: ['c'] });
  // A BLOB comes out of a query as its hash: text in its column is that.
  expect(await blob(rows['1.png']?.['raw'])).toBe('kept');
});

test('long texts of a new field are a document, as the official client has it', async () => {
  expect(await send(`path,report\n1.png,${'x'.repeat(600)}\n3.png,short\n`, 'a.csv')).toMatchObject({
    status: 200,
  });
  expect(await fieldTypes()).toEqual({ report: 'BLOB text_document' });
  const rows = await stored();
  expect(await blob(rows['1.png']?.['report'])).toBe('x'.repeat(600));
  expect(await blob(rows['3.png']?.['report'])).toBe('short');
});

test('faults are named by file, row and column, and nothing of the file is stored', async () => {
  await send('path,score\n1.png,0.5\n', 'first.csv');
  const answer = await send(
    'path,score,more\n1.png,0.7,1\n,0.1,1\n../x.png,0.2,1\n3.png,high,1\n',
    'second.csv',
  );
  expect(answer.status).toBe(400);
  expect(answer.body.message).toBe(
    [
      'second.csv, row 2: the path is missing.',
      'second.csv, row 3: "../x.png" is no path below the root.',
      'second.csv, row 4, column "score": "high" is no FLOAT (a finite number).',
    ].join('\n'),
  );
  expect(answer.body.faults).toMatchObject([
    { row: 2, column: null },
    { row: 3, column: null },
    { row: 4, column: 'score' },
  ]);
  expect(await stored()).toEqual({ '1.png': { score: 0.5 } });
  expect(await fieldTypes()).toEqual({ score: 'FLOAT' });
  expect(await leftovers()).toEqual([]);
});

test('twenty faults are told, of any number', async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => `../${index}.png,1`);
  const { body } = await send(['path,n', ...rows].join('\n'), 'a.csv');
  expect(body.faults).toHaveLength(20);
});

test('more rows than fit in a batch arrive, from a gzipped CSV', async () => {
  const rows = Array.from({ length: 12_345 }, (_, index) => `many/${index}.png,${index}`);
  const file = gzipSync(['path,n', ...rows].join('\n'));
  expect(await send(file, 'labels.csv.gz')).toEqual({ status: 200, body: { rows: 12_345 } });
  const { datasourceQuery } = await askEngine(
    local,
    `query($id: ID!, $q: QueryInput) { datasourceQuery(datasource: $id, filter: $q, first: 5) {
       edges { node { path } } pageInfo { hasNextPage } } }`,
    { id, q: { orderBy: [{ field: 'n', order: 'DESC' }], limit: 2 } },
  );
  expect(datasourceQuery.edges.map(({ node }) => node.path)).toEqual(['many/12344.png', 'many/12343.png']);
});

test('the path column is the first, or named, or counted', async () => {
  const csv = 'split,file\ntrain,1.png\n';
  expect(await send(csv, 'a.csv')).toMatchObject({ status: 200 });
  expect(await stored()).toEqual({ train: { file: '1.png' } });
  for (const path_column of ['file', '1'])
    await send(csv.replace('train', path_column), 'a.csv', { path_column });
  expect((await stored())['1.png']).toEqual({ split: '1' });
  const unknown = await send(csv, 'a.csv', { path_column: 'nothing' });
  expect(unknown).toEqual({
    status: 400,
    body: { message: 'a.csv has no column "nothing" for the paths; it has: split, file.' },
  });
});

test('an unknown datasource is 404, which the official client takes for that', async () => {
  expect(await send('path,a\n', 'a.csv', { datasource_name: 'other' })).toEqual({
    status: 404,
    body: { message: 'There is no datasource "other".' },
  });
});

test.each<[string, string | Uint8Array, string]>([
  ['a.txt', 'path,a\n', 'a.txt needs to be a .csv or .parquet, or CSV in a .zip or .gz.'],
  ['a.csv', '', 'a.csv is empty.'],
  ['a.csv', 'path,a\n1.png,"x\n', 'a.csv is no CSV: '],
  ['a.csv', 'path,a,a\n', 'a.csv has two columns "a".'],
  ['a.csv', 'path,a\n1.png,1\n1.png,1,2\n', 'a.csv, row 2: 3 cells for 2 columns.'],
  ['a.csv', Buffer.from('path,a\n1.png,\xff\n', 'latin1'), 'a.csv is no text in UTF-8.'],
  ['a.gz', 'path,a\n', 'a.gz cannot be unpacked: '],
  ['a.zip', 'path,a\n', 'a.zip is no zip: '],
  ['a.parquet', 'path,a\n', 'a.parquet cannot be read as Parquet: '],
])('%s of %j is refused in words', async (name, file, message) => {
  const answer = await send(file, name);
  expect(answer.status).toBe(400);
  expect(answer.body.message).toContain(message);
  expect(await stored()).toEqual({});
  expect(await leftovers()).toEqual([]);
});

test.each([
  [
    'zstd.parquet',
    'zstd.parquet is compressed with ZSTD; known are Snappy, gzip and Brotli, and no compression.',
  ],
  [
    'structure.parquet',
    'structure.parquet, column "box": it holds structures; metadata are values and lists of values.',
  ],
])('%s is refused in words', async (name, message) => {
  expect(await send(await readFile(`test/engine/fixtures/${name}`), name)).toEqual({
    status: 400,
    body: { message },
  });
});

test('a request that is no form, or lacks a part, is 400', async () => {
  const post = async (body: string | FormData) => {
    const headers = typeof body === 'string' ? { ...bearer, 'content-type': 'application/json' } : bearer;
    const response = await request(`${local.engine.url}${api}/import/metadata`, {
      method: 'POST',
      headers,
      body,
    });
    return [response.statusCode, ((await response.body.json()) as { message: string }).message];
  };
  expect(await post('{}')).toEqual([400, 'An import is a form: file, datasource_name, path_column.']);
  const form = new FormData();
  form.set('datasource_name', 'teeth');
  expect(await post(form)).toEqual([400, 'An import needs the parts "file" and "datasource_name".']);
});
