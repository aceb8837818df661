import { startLocalEngine, type LocalEngine } from '../support/local-engine.ts';
import { askEngine, createDatasource } from './ask-engine.ts';

let local: LocalEngine;
let ds: string;
beforeAll(async () => {
  local = await startLocalEngine({
    'utc.png': Buffer.from('1'),
    'berlin.png': Buffer.from('2'),
    'none.png': Buffer.from('3'),
  });
  ds = await createDatasource(local);
  // New Year's Eve 2024, 23:30:15 UTC; in Berlin it is 2025, 00:30:15.
  const taken = (url: string, timeZone?: string) => ({
    ...{ url, key: 'taken', valueType: 'DATETIME', value: String(Date.UTC(2024, 11, 31, 23, 30, 15)) },
    ...(timeZone !== undefined && { timeZone }),
  });
  await askEngine(
    local,
    'mutation($ds: ID!, $dps: [DatapointMetadataInput!]!) { updateMetadata(datasource: $ds, datapoints: $dps) { path } }',
    { ds, dps: [taken('utc.png'), taken('berlin.png', '+01:00')] },
  );
});
afterAll(() => local.close());

/** As the official client writes them. */
async function found(
  timeFilter: string,
  asked: string[] | string,
  more: Record<string, unknown> = {},
  not = false,
) {
  const isTime = timeFilter === 'TIMEOFDAY';
  const filter = {
    ...{ key: 'taken', valueType: 'DATETIME', comparator: 'DATE_TIME_FILTER', timeFilter },
    ...{ value: isTime ? asked : 0, valueRange: isTime ? 0 : asked },
  };
  const { datasourceQuery } = await askEngine(
    local,
    'query($ds: ID!, $q: QueryInput) { datasourceQuery(datasource: $ds, filter: $q) { edges { node { path } } } }',
    {
      ds,
      q: { query: not ? { filter, not } : { filter }, orderBy: [{ field: 'path', order: 'DESC' }], ...more },
    },
  );
  return datasourceQuery.edges.map(({ node }) => node.path);
}

test.each([
  ['YEAR', ['2024', '1999'], ['utc.png']],
  ['YEAR', ['2025'], ['berlin.png']],
  ['MONTH', ['12'], ['utc.png']],
  ['MONTH', ['1', '12'], ['utc.png', 'berlin.png']],
  ['DAY', ['31'], ['utc.png']],
  ['DAY', ['1'], ['berlin.png']],
  ['TIMEOFDAY', '23:00-24:00', ['utc.png']],
  ['TIMEOFDAY', '00:30:15-00:30:15', ['berlin.png']],
  ['TIMEOFDAY', '00:30:16-12:00', []],
])('%s %j is read in the zone the time was given in', async (timeFilter, asked, expected) => {
  expect(await found(timeFilter, asked)).toEqual(expected);
});

test("a query's own zone goes before those of the data", async () => {
  expect(await found('YEAR', ['2024'], { timeZone: '-05:00' })).toEqual(['utc.png', 'berlin.png']);
  expect(await found('TIMEOFDAY', '18:30-18:31', { timeZone: '-05:00' })).toEqual(['utc.png', 'berlin.png']);
});

test('without a time no part of it matches, and "not" turns that round', async () => {
  expect(await found('YEAR', ['2024'], {}, true)).toEqual(['none.png', 'berlin.png']);
});

test.each([
  ['YEAR', ['soon'], {}, /whole numbers/],
  ['YEAR', [], {}, /whole numbers/],
  ['TIMEOFDAY', '25:00-26:00', {}, /like 11:30-12:30/],
  ['TIMEOFDAY', '23:00-01:00', {}, /over midnight/],
  ['YEAR', ['2024'], { timeZone: "+01:00', 'x" }, /no time zone/],
])('%s %j %j is refused in words', async (timeFilter, asked, more, message) => {
  await expect(found(timeFilter, asked, more)).rejects.toThrow(message);
});
