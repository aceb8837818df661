import path from 'node:path';
import { openDatabase } from '../../engine/database.ts';
import { startLocalEngine, type LocalEngine } from '../support/local-engine.ts';
import { askEngine, createDatasource, scanned } from './ask-engine.ts';

const find = `query($ds: ID!, $q: QueryInput, $first: Int, $after: String) {
  datasourceQuery(datasource: $ds, filter: $q, first: $first, after: $after) {
    edges { node { id path metadata { key value } } } pageInfo { hasNextPage endCursor } queryDataTime
    selectFields { name originalName asOf } } }`;

let seconds = 1000;
let local: LocalEngine;
let ds: string;
beforeEach(async () => {
  seconds = 1000;
  local = await startLocalEngine(
    { '1.png': Buffer.from('1'), '2.png': Buffer.from('2'), '3.png': Buffer.from('3') },
    { nowMs: () => seconds * 1000 + 700 },
  );
  ds = await createDatasource(local);
});
afterEach(() => local.close());

/** At a second, writes values of one field by path; the type is the value's. */
async function write(
  at: number,
  key: string,
  values: Record<string, string | number>,
  more = {},
): Promise<void> {
  seconds = at;
  await askEngine(
    local,
    'mutation($ds: ID!, $dps: [DatapointMetadataInput!]!) { updateMetadata(datasource: $ds, datapoints: $dps) { path } }',
    {
      ds,
      dps: Object.entries(values).map(([url, value]) => ({
        ...{ url, key, value: String(value), valueType: typeof value === 'string' ? 'STRING' : 'INTEGER' },
        ...more,
      })),
    },
  );
}

/** What a query finds: each datapoint's path and metadata. */
async function found(q: Record<string, unknown>): Promise<Record<string, Record<string, unknown>>> {
  const { datasourceQuery } = await askEngine(local, find, { ds, q });
  return Object.fromEntries(
    datasourceQuery.edges.map(({ node }) => [
      node.path,
      Object.fromEntries(node.metadata.map(({ key, value }) => [key, value])),
    ]),
  );
}

async function idOf(file: string): Promise<string> {
  const { datasourceQuery } = await askEngine(local, find, { ds });
  return datasourceQuery.edges.find(({ node }) => node.path === file)!.node.id;
}

async function deleteDatapoint(at: number, file: string): Promise<void> {
  const id = await idOf(file);
  seconds = at;
  const { deleteDatapoint: gone } = await askEngine(
    local,
    'mutation($ds: ID!, $id: ID!) { deleteDatapoint(datasource: $ds, datapoints: [{ datapointId: $id }]) { path } }',
    { ds, id },
  );
  expect(gone).toEqual([{ path: file }]);
}

async function history(file: string, opts: Record<string, unknown> = {}): Promise<number[]> {
  const { datapointHistory } = await askEngine(
    local,
    'query($ds: ID!, $opts: DatapointHistoryInput!) { datapointHistory(datasource: $ds, opts: $opts) { edges { node { path history { timestamp } } } pageInfo { hasNextPage endCursor } } }',
    { ds, opts: { datapoints: [file], ...opts } },
  );
  return datapointHistory.edges[0]!.node.history.map(({ timestamp }) => timestamp);
}

const leaf = (key: string, comparator: string, value: string, valueType: string, more = {}) => ({
  filter: { key, comparator, value, valueType, ...more },
});

test('a query as of a second sees the values that stood at its end', async () => {
  await write(1010, 'n', { '1.png': 1, '2.png': 1 });
  await write(1020, 'n', { '1.png': 2 });
  await write(1020, 'n', { '1.png': 3 });
  expect(await found({ asOf: 999 })).toEqual({});
  expect(await found({ asOf: 1009 })).toEqual({ '1.png': {}, '2.png': {}, '3.png': {} });
  expect(await found({ asOf: 1010 })).toEqual({ '1.png': { n: 1 }, '2.png': { n: 1 }, '3.png': {} });
  expect(await found({ asOf: 1019 })).toEqual({ '1.png': { n: 1 }, '2.png': { n: 1 }, '3.png': {} });
  expect(await found({ asOf: 1020 })).toEqual({ '1.png': { n: 3 }, '2.png': { n: 1 }, '3.png': {} });
  expect(await found({})).toEqual(await found({ asOf: 5000 }));
});

test('filter, order and pages of a query as of a second look at that second', async () => {
  await write(1010, 'n', { '1.png': 3, '2.png': 2, '3.png': 1 });
  await write(1020, 'n', { '1.png': 1, '2.png': 2, '3.png': 3 });
  const q = {
    asOf: 1010,
    query: leaf('n', 'GREATER_THAN', '1', 'INTEGER'),
    orderBy: [{ field: 'n', order: 'ASC' }],
  };
  const first = await askEngine(local, find, { ds, q, first: 1 });
  expect(first.datasourceQuery.edges.map(({ node }) => node.path)).toEqual(['2.png']);
  expect(first.datasourceQuery.pageInfo.hasNextPage).toBe(true);
  const second = await askEngine(local, find, {
    ds,
    q,
    first: 5,
    after: first.datasourceQuery.pageInfo.endCursor,
  });
  expect(second.datasourceQuery.edges.map(({ node }) => node.path)).toEqual(['1.png']);
});

test('a condition and a selected field may each have a time of their own', async () => {
  await write(1010, 'n', { '1.png': 1, '2.png': 5 });
  await write(1020, 'n', { '1.png': 7, '2.png': 5 });
  const then = leaf('n', 'EQUAL', '1', 'INTEGER', { asOf: 1015 });
  const select = [{ name: 'n' }, { name: 'n', asOf: 1015, alias: 'before' }];
  expect(await found({ query: then, select })).toEqual({ '1.png': { n: 7, before: 1 } });
  expect(await found({ query: { ...then, not: true }, select: [{ name: 'n', asOf: 1005 }] })).toEqual({
    '2.png': {},
    '3.png': {},
  });
  const { datasourceQuery } = await askEngine(local, find, { ds, q: { select, asOf: 1012 } });
  expect(datasourceQuery.selectFields).toEqual([
    { name: 'n', originalName: 'n', asOf: 1012 },
    { name: 'before', originalName: 'n', asOf: 1015 },
  ]);
});

test('a deleted value and a deleted datapoint are found as of before', async () => {
  await write(1010, 'n', { '1.png': 1, '2.png': 2 });
  const id = await idOf('1.png');
  seconds = 1020;
  await askEngine(
    local,
    'mutation($ds: ID!, $id: ID!) { deleteMetadata(datasource: $ds, datapoints: [{ datapointId: $id, key: "n" }]) { path } }',
    { ds, id },
  );
  await deleteDatapoint(1030, '2.png');
  expect(await found({})).toEqual({ '1.png': {}, '3.png': {} });
  expect(await found({ asOf: 1025 })).toEqual({ '1.png': {}, '2.png': { n: 2 }, '3.png': {} });
  expect(await found({ asOf: 1015 })).toEqual({ '1.png': { n: 1 }, '2.png': { n: 2 }, '3.png': {} });
  expect(await found({ asOf: 1030 })).toEqual({ '1.png': {}, '3.png': {} });
});

test('a scan leaves a deleted datapoint out, an update makes a new one with a new id and an empty past', async () => {
  await write(1010, 'n', { '1.png': 1 });
  const before = await idOf('1.png');
  await deleteDatapoint(1020, '1.png');
  await askEngine(local, 'mutation($ds: ID!) { scanDatasource(id: $ds) { id } }', { ds });
  await scanned(local, ds);
  expect(Object.keys(await found({}))).toEqual(['2.png', '3.png']);

  await write(1040, 'm', { '1.png': 9 });
  expect(await idOf('1.png')).not.toBe(before);
  expect((await found({}))['1.png']).toEqual({ m: 9 });
  expect((await found({ asOf: 1015 }))['1.png']).toEqual({ n: 1 });
  expect((await found({ asOf: 1030 }))['1.png']).toBeUndefined();
  expect(await history('1.png')).toEqual([1000, 1010, 1020, 1040]);
});

test('the history of a datapoint names the seconds in which it changed', async () => {
  await write(1010, 'n', { '1.png': 1 });
  await write(1020, 'm', { '1.png': 1 });
  await write(1030, 'n', { '1.png': 1 });
  await write(1040, 'n', { '1.png': 2 });
  await write(1050, 'n', { 'new.png': 2 });
  expect(await history('1.png')).toEqual([1000, 1010, 1020, 1040]);
  expect(await history('1.png', { fields: ['n'] })).toEqual([1010, 1040]);
  expect(await history('1.png', { fromTime: 1010, toTime: 1020 })).toEqual([1010, 1020]);
  expect(await history('new.png', { fields: ['n'] })).toEqual([1050]);
  expect(await history('new.png', { fields: ['m'] })).toEqual([]);
  expect(await history('nobody.png')).toEqual([]);
});

test('a history comes in pages of paths', async () => {
  const page = (after: string | null) =>
    askEngine(
      local,
      'query($ds: ID!, $opts: DatapointHistoryInput!) { datapointHistory(datasource: $ds, opts: $opts) { edges { node { path history { timestamp } } } pageInfo { hasNextPage endCursor } } }',
      { ds, opts: { datapoints: ['1.png', '2.png', '3.png'], first: 2, after } },
    );
  const first = (await page(null)).datapointHistory;
  expect(first.edges.map(({ node }) => node.path)).toEqual(['1.png', '2.png']);
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = (await page(first.pageInfo.endCursor)).datapointHistory;
  expect(second.edges).toEqual([{ node: { path: '3.png', history: [{ timestamp: 1000 }] } }]);
  expect(second.pageInfo.hasNextPage).toBe(false);
});

test('a field that becomes a list keeps its past, as lists', async () => {
  await write(1010, 'tag', { '1.png': 'x' });
  await write(1020, 'tag', { '1.png': 'y' });
  await write(1030, 'tag', { '1.png': 'z' }, { allowMultiple: true });
  expect((await found({ asOf: 1010 }))['1.png']).toEqual({ tag: ['x'] });
  expect((await found({ asOf: 1020 }))['1.png']).toEqual({ tag: ['y'] });
  expect((await found({}))['1.png']).toEqual({ tag: ['y', 'z'] });
  expect(Object.keys(await found({ asOf: 1015, query: leaf('tag', 'EQUAL', 'x', 'STRING') }))).toEqual([
    '1.png',
  ]);
});

test('a clock that goes back does not change the order of what happened', async () => {
  await write(1050, 'n', { '1.png': 1 });
  await write(1020, 'n', { '1.png': 2 });
  await write(1060, 'n', { '1.png': 3 });
  expect((await found({ asOf: 1050 }))['1.png']).toEqual({ n: 2 });
  expect((await found({ asOf: 1049 }))['1.png']).toEqual({});
  const { datasourceQuery } = await askEngine(local, find, { ds });
  expect(datasourceQuery.queryDataTime).toBe(1060);
});

test('a refused update leaves no past behind', async () => {
  await write(1010, 'n', { '1.png': 1 });
  await expect(write(1020, 'n', { '1.png': 2, '../x.png': 3 })).rejects.toThrow(/no path below/);
  expect(await history('1.png')).toEqual([1000, 1010]);
});

test('data of a version without history are there since ever', async () => {
  await write(1010, 'n', { '1.png': 1 });
  const database = openDatabase(path.join(local.folder, 'data', 'engine.sqlite'));
  const [[field]] = database.rows("SELECT id FROM field WHERE name = 'n'") as [[number]];
  database.exec(`DROP TRIGGER keep_f${field}; DROP TABLE past_${ds}; DROP TABLE gone_${ds}; DROP TABLE clock;
    DROP TABLE dataset; DROP TABLE annotation_request; ALTER TABLE datapoint_${ds} DROP COLUMN created_at; PRAGMA user_version = 1`);
  database.close();
  local = await local.restart();
  await write(1020, 'n', { '1.png': 2 });
  expect((await found({ asOf: 5 }))['1.png']).toEqual({ n: 1 });
  expect((await found({ asOf: 1020 }))['1.png']).toEqual({ n: 2 });
});
