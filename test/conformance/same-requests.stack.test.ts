import { gunzipSync } from 'node:zlib';
import { Kind, parse, print, visit, type DocumentNode, type SelectionSetNode } from 'graphql';
import {
  allOf,
  anyOf,
  compare,
  equals,
  isNotNull,
  isNull,
  type FilterNode,
  type MetadataEntry,
  type ValueType,
} from '../../core/datapoints.ts';
import type { DatapointQuery } from '../../core/ports.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { startRecorder, type RecordedRequest } from './recorder.ts';
import { runOfficialClient } from './run-official-client.ts';

/**
 * Where our client differs from the official one, and why. Everything else has to agree. The port has no deletion, no list of
 * values and no `limit`, so there is nothing of ours to compare with the official client's.
 */
const statedDifferences = {
  traceparent: 'The official client traces GraphQL only; ours traces every request.',
  first: 'The official client asks for pages of 5000; ours for 1000, unless the caller says.',
  blob: 'The official client says which datasource a BLOB is of, so that the server need not search; our port names the BLOB alone.',
  batches: 'The official client sends values in batches of 1, 10, 100, …; ours of as many as take a second.',
} as const;

const at = Date.UTC(2025, 0, 1, 0, 30, 0, 123);
const not = (node: FilterNode): FilterNode => ({ ...node, not: true });
const text = (comparator: 'EQUAL' | 'CONTAINS' | 'STARTS_WITH' | 'ENDS_WITH', value: string) =>
  compare('text', comparator, value, 'STRING');
const train = equals('text', 'train', 'STRING');
const atMostHalf = compare('float', 'LESS_EQUAL_THAN', 0.5, 'FLOAT');
const types = {
  text: 'STRING',
  float: 'FLOAT',
  whole: 'INTEGER',
  flag: 'BOOLEAN',
  time: 'DATETIME',
  blob: 'BLOB',
} as const satisfies Record<string, ValueType>;

const values: Record<keyof typeof types, readonly (string | number | boolean | Uint8Array)[]> = {
  text: ['train', '', 'ü "\'\\ \n', 'x'.repeat(512)],
  float: [0, 1, -0, 0.1, 1 / 3, 1e-5, 1.5e-7, 1e16, 1.25e21, 5e-324, 123456789012345.6],
  whole: [0, -1, Number.MAX_SAFE_INTEGER],
  flag: [true, false],
  time: [at],
  blob: [
    Buffer.from(''),
    Buffer.from([0, 255]),
    Buffer.from('{"prediction": [{"result": []}]}'),
    Buffer.from('abc'.repeat(10_000)),
  ],
};

const queries: Record<string, Omit<DatapointQuery, 'datasourceId'>> = {
  all: {},
  'equal text': { where: train },
  'not equal text': { where: not(train) },
  contains: { where: text('CONTAINS', 'ai') },
  'starts with': { where: text('STARTS_WITH', 'tr') },
  'ends with': { where: text('ENDS_WITH', 'in') },
  path: { where: equals('path', '03.png', 'STRING') },
  'float equal': { where: equals('float', 1, 'FLOAT') },
  'float below': { where: compare('float', 'LESS_THAN', 0.31, 'FLOAT') },
  'float at most': { where: compare('float', 'LESS_EQUAL_THAN', 1e-5, 'FLOAT') },
  'float above': { where: compare('float', 'GREATER_THAN', 1e16, 'FLOAT') },
  'float at least': { where: compare('float', 'GREATER_EQUAL_THAN', -2.5, 'FLOAT') },
  'whole equal': { where: equals('whole', 0, 'INTEGER') },
  'whole above': { where: compare('whole', 'GREATER_THAN', -3, 'INTEGER') },
  flag: { where: equals('flag', true, 'BOOLEAN') },
  'flag not': { where: equals('flag', false, 'BOOLEAN') },
  time: { where: compare('time', 'GREATER_EQUAL_THAN', at, 'DATETIME') },
  and: { where: allOf(train, atMostHalf) },
  or: { where: anyOf(train, equals('text', 'valid', 'STRING')) },
  'not of and': { where: not(allOf(train, atMostHalf)) },
  nested: {
    where: allOf(anyOf(train, equals('whole', 1, 'INTEGER')), not(equals('flag', true, 'BOOLEAN'))),
  },
  order: {
    orderBy: [
      { field: 'float', order: 'ASC' },
      { field: 'whole', order: 'DESC' },
    ],
  },
  select: { select: ['text', 'float'] },
  ...Object.fromEntries(
    Object.entries(types).flatMap(([name, type]) => [
      [`${name} is null`, { where: isNull(name, type) }],
      [`${name} is not null`, { where: isNotNull(name, type) }],
    ]),
  ),
};

let official: RecordedRequest[];
let ours: RecordedRequest[];

beforeAll(async () => {
  official = await record(async ({ url }) => {
    await runOfficialClient('same_requests.py', { host: url, token: testToken, env: { TZ: 'UTC' } });
  });
  ours = await record(async ({ url, begin, local }) => {
    const client = new DagsHubDataEngine({ host: url, repo: testRepo, token: testToken });
    await doTheSame(client, begin, local);
  });
}, 600_000);

/** Each client has an engine of its own, so that ids, hashes and cursors are equal. */
async function record(
  work: (at: { url: string; begin: (intent: string) => void; local: LocalEngine }) => Promise<void>,
): Promise<RecordedRequest[]> {
  const names = Array.from({ length: 12 }, (_, index) => `${String(index).padStart(2, '0')}.png`);
  const local = await startLocalEngine(
    Object.fromEntries(names.map((name) => [name, Buffer.from(`image ${name}`)])),
  );
  const recorder = await startRecorder(local.engine.url);
  try {
    await work({ url: recorder.url, begin: recorder.begin, local });
    return [...recorder.requests];
  } finally {
    await recorder.close();
    await local.close();
  }
}

async function doTheSame(
  client: DagsHubDataEngine,
  begin: (intent: string) => void,
  { rootUrl }: LocalEngine,
) {
  begin('check');
  await client.check();
  begin('create');
  const { id } = await client.ensureDatasource({ name: 'teeth', rootUrl });
  const ready = async () => {
    begin('wait');
    while ((await client.findDatasource({ id }))?.status !== 'READY') continue;
  };
  await ready();
  begin('find by name');
  await client.findDatasource({ name: 'teeth' });
  begin('find by id');
  await client.findDatasource({ id });
  begin('scan');
  await client.scanDatasource(id);
  await ready();
  for (const [key, own] of Object.entries(values)) {
    begin(`update ${key}`);
    const valueType = types[key as keyof typeof types];
    const entries = own.map((value, index) => ({
      ...{ path: `${String(index).padStart(2, '0')}.png`, key, value, valueType },
    })) as MetadataEntry[];
    await client.updateMetadata({ datasourceId: id, entries });
  }
  begin('declare');
  await client.declareFields({
    datasourceId: id,
    fields: [{ name: 'blob', valueType: 'BLOB', tags: ['annotation'] }],
  });
  begin('declare new');
  await client.declareFields({
    datasourceId: id,
    fields: [{ name: 'later', valueType: 'STRING', tags: [] }],
  });
  let hash = '';
  for (const [name, query] of Object.entries(queries)) {
    begin(`query ${name}`);
    for await (const page of client.queryDatapoints({ datasourceId: id, pageSize: 5000, ...query }))
      hash = String(page.datapoints.find(({ path }) => path === '01.png')?.fields['blob'] ?? hash);
  }
  begin('query in pages');
  let pages = 0;
  for await (const page of client.queryDatapoints({ datasourceId: id, pageSize: 3 }))
    if (page.datapoints.length > 0) pages += 1;
  expect(pages).toBe(4);
  begin('blob');
  expect(Buffer.from(await client.fetchBlob(hash))).toEqual(Buffer.from([0, 255]));
  begin('image');
  await client.fetchImage({ rootUrl, path: '01.png' });
  begin('annotate');
  const where = compare('path', 'STARTS_WITH', '0', 'STRING');
  for await (const { datapoints } of client.queryDatapoints({ datasourceId: id, where }))
    await client.annotationLink({
      datasourceId: id,
      datapoints: datapoints.map((one) => ({
        id: one.id,
        url: client.downloadUrl({ rootUrl, path: one.path }),
      })),
      hiddenFields: ['text', 'whole'],
    });
}

/** Of one intent, the operations of one name; the official client reads the datasource anew around most of what it does. */
function operations(requests: readonly RecordedRequest[], intent: string, name: string): RecordedRequest[] {
  return requests.filter(
    (one) => one.intent === intent && one.document !== undefined && nameOf(parse(one.document)) === name,
  );
}

function nameOf(document: DocumentNode): string | undefined {
  const [operation] = document.definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION ? operation.name?.value : undefined;
}

/** The document down to its first field, arguments and variables included, as graphql prints it. */
function head(document: string): string {
  let depth = 0;
  const cut = visit(parse(document), {
    Field: {
      enter: (field) => (depth++ === 0 ? { ...field, selectionSet: undefined } : undefined),
    },
  });
  return print(cut);
}

/** `edges.node.id` for each field asked for. */
function fieldsAsked(document: string): Set<string> {
  const walk = (set: SelectionSetNode | undefined, above: string): string[] =>
    (set?.selections ?? []).flatMap((one) => {
      if (one.kind !== Kind.FIELD) throw new Error('fragments are not compared');
      const path = `${above}${one.name.value}`;
      return [path, ...walk(one.selectionSet, `${path}.`)];
    });
  const [operation] = parse(document).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  return new Set(walk(operation.selectionSet, ''));
}

interface Entry {
  readonly url: string;
  readonly key: string;
  readonly value: string;
  readonly valueType: string;
}

/** The values of all requests of an upload, in their order; a BLOB's bytes in place of their zipped text. */
function entriesOf(requests: readonly RecordedRequest[]): unknown[] {
  return requests
    .flatMap((one) => one.variables?.['datapoints'] as Entry[])
    .map((entry) =>
      entry.valueType === 'BLOB'
        ? { ...entry, value: gunzipSync(Buffer.from(entry.value, 'base64')).toString('hex') }
        : entry,
    );
}

function sameDocuments(mine: readonly RecordedRequest[], theirs: readonly RecordedRequest[]): void {
  for (const { document = '' } of mine) {
    expect(theirs.map((one) => head(one.document ?? ''))).toContain(head(document));
    const known = fieldsAsked(theirs[0]?.document ?? '');
    expect([...fieldsAsked(document)].filter((field) => !known.has(field))).toEqual([]);
  }
}

/** Both did it, with the same documents. */
function both(intent: string, name: string): { mine: RecordedRequest[]; theirs: RecordedRequest[] } {
  const mine = operations(ours, intent, name);
  const theirs = operations(official, intent, name);
  expect([mine.length > 0, theirs.length > 0]).toEqual([true, true]);
  sameDocuments(mine, theirs);
  return { mine, theirs };
}

test.each<[string, string]>([
  ['create', 'createDatasource'],
  ['scan', 'scanDatasource'],
  ['find by name', 'datasource'],
  ['find by id', 'datasource'],
  ['declare', 'updateMetadataFieldProps'],
  ['declare new', 'updateMetadataFieldProps'],
  ...Object.keys(queries).map((name): [string, string] => [`query ${name}`, 'datasourceQuery']),
])('%s', (intent, operation) => {
  const { mine, theirs } = both(intent, operation);
  expect(mine.map((one) => one.variables)).toEqual([theirs[0]?.variables]);
});

test('pages follow each other by the same cursors', () => {
  const { mine, theirs } = both('query in pages', 'datasourceQuery');
  expect(mine.map((one) => one.variables)).toEqual(theirs.map((one) => one.variables));
  expect(mine).toHaveLength(4);
});

test.each(Object.keys(values))(`update %s, entry by entry; ${statedDifferences.batches}`, (key) => {
  const { mine, theirs } = both(`update ${key}`, 'updateMetadata');
  expect(entriesOf(mine)).toEqual(entriesOf(theirs));
  expect(entriesOf(mine)).toHaveLength(values[key as keyof typeof values].length);
  expect(mine[0]?.variables?.['datasource']).toBe(theirs[0]?.variables?.['datasource']);
});

test(`a page asked for by itself is of 1000: ${statedDifferences.first}`, async () => {
  const requests = await record(async ({ url, local }) => {
    const client = new DagsHubDataEngine({ host: url, repo: testRepo, token: testToken });
    const { id } = await client.ensureDatasource({ name: 'teeth', rootUrl: local.rootUrl });
    await client.queryDatapoints({ datasourceId: id }).next();
  });
  expect(requests.at(-1)?.variables).toMatchObject({ first: 1000 });
  expect(operations(official, 'query all', 'datasourceQuery')[0]?.variables).toMatchObject({ first: 5000 });
});

/** What was read, each once. */
function addresses(requests: readonly RecordedRequest[], intent: string): string[] {
  const read = requests.filter((one) => one.intent === intent && one.method === 'GET');
  return [...new Set(read.map(({ path }) => path))];
}

test.each(['check', 'image'])('%s asks for the same addresses', (intent) => {
  expect(addresses(ours, intent).length).toBeGreaterThan(0);
  expect(addresses(official, intent)).toEqual(expect.arrayContaining(addresses(ours, intent)));
});

test('a link to annotate is asked for in the same words', () => {
  const asked = (requests: readonly RecordedRequest[]) =>
    requests.flatMap(({ path, json, contentType, authorization }) =>
      json ? [{ path, json, contentType, authorization }] : [],
    );
  const words = (requests: readonly RecordedRequest[]) =>
    // Each was recorded at a port of its own.
    JSON.stringify(asked(requests)).replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');
  expect(asked(ours)).toHaveLength(1);
  expect(words(ours)).toBe(words(official));
});

test(`a BLOB is asked for by its hash: ${statedDifferences.blob}`, () => {
  const [address = ''] = addresses(ours, 'blob');
  expect(address).toMatch(/\/data-engine\/blob\/[0-9a-f]{64}$/);
  expect(addresses(official, 'blob')).toEqual([`${address}?datasource=1`]);
});

test(`the headers agree, and every trace is well formed: ${statedDifferences.traceparent}`, () => {
  const shapes = (requests: readonly RecordedRequest[], graphql: boolean) =>
    new Set(
      requests
        .filter(
          ({ document, json, path }) =>
            (document !== undefined) === graphql && json === undefined && !path.includes('trackAnalytics'),
        )
        .map(({ authorization, contentType, traceparent }) =>
          JSON.stringify({ authorization, contentType, traceparent }),
        ),
    );
  expect(shapes(ours, true)).toEqual(shapes(official, true));
  expect([...shapes(ours, true)]).toEqual([
    JSON.stringify({ authorization: 'Bearer', contentType: 'application/json', traceparent: 'valid' }),
  ]);
  const rest = (traceparent: string | null) => [
    JSON.stringify({ authorization: 'Bearer', contentType: null, traceparent }),
  ];
  expect([...shapes(ours, false)]).toEqual(rest('valid'));
  expect([...shapes(official, false)]).toEqual(rest(null));
});
