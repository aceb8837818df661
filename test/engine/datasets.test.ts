import { startLocalEngine, type LocalEngine } from '../support/local-engine.ts';
import { askEngine, createDatasource } from './ask-engine.ts';

const save = `mutation($ds: ID!, $name: String!, $filter: QueryInput!) {
  saveDataset(datasource: $ds, name: $name, filter: $filter) { id name createdAt } }`;
const load =
  'query($id: ID, $name: String) { dataset(dataset: $id, name: $name) { id name datasetQuery datasource { id name } } }';

let local: LocalEngine;
let ds: string;
beforeEach(async () => {
  local = await startLocalEngine({ '1.png': Buffer.from('1') }, { nowMs: () => 1_000_500 });
  ds = await createDatasource(local);
});
afterEach(() => local.close());

const query = {
  and: [{ filter: { key: 'n', comparator: 'EQUAL', value: '1', valueType: 'INTEGER' }, not: true }],
};

test('a dataset is found by id and by name, with its datasource and its query as it came', async () => {
  const { saveDataset } = await askEngine(local, save, {
    ds,
    name: 'hard',
    filter: { query, limit: 5, asOf: null },
  });
  expect(saveDataset).toEqual({ id: '1', name: 'hard', createdAt: 1000 });
  const expected = [
    {
      id: '1',
      name: 'hard',
      datasetQuery: JSON.stringify({ query, limit: 5 }),
      datasource: { id: ds, name: 'teeth' },
    },
  ];
  expect((await askEngine(local, load, { name: 'hard' })).dataset).toEqual(expected);
  expect((await askEngine(local, load, { id: '1' })).dataset).toEqual(expected);
  expect((await askEngine(local, load)).dataset).toEqual(expected);
  expect((await askEngine(local, load, { name: 'soft' })).dataset).toEqual([]);
});

test('a dataset of everything has no filter in its query', async () => {
  await askEngine(local, save, { ds, name: 'all', filter: { query: null } });
  expect((await askEngine(local, load)).dataset[0]?.datasetQuery).toBe('{}');
});

test('saving the same again is no second dataset, another query under the name is refused', async () => {
  await askEngine(local, save, { ds, name: 'hard', filter: { query } });
  const again = await askEngine(local, save, { ds, name: 'hard', filter: { query } });
  expect(again.saveDataset.id).toBe('1');
  await expect(askEngine(local, save, { ds, name: 'hard', filter: {} })).rejects.toThrow(
    'A dataset named "hard" exists already, with another query.',
  );
  await expect(askEngine(local, save, { ds, name: 'x', filter: { query: { xor: [] } } })).rejects.toThrow(
    /exactly one of/,
  );
  await expect(askEngine(local, save, { ds, name: ' ', filter: {} })).rejects.toThrow(/needs a name/);
});

test('datasets go one by one, and with their datasource', async () => {
  await askEngine(local, save, { ds, name: 'one', filter: {} });
  await askEngine(local, save, { ds, name: 'two', filter: {} });
  const { deleteDataset } = await askEngine(local, 'mutation { deleteDataset(id: "1") { id name } }');
  expect(deleteDataset).toEqual({ id: '1', name: 'one' });
  expect((await askEngine(local, load)).dataset.map(({ name }) => name)).toEqual(['two']);
  await expect(askEngine(local, 'mutation { deleteDataset(id: "1") { id } }')).rejects.toThrow(
    /no dataset with id 1/,
  );
  await askEngine(local, 'mutation($ds: ID!) { deleteDatasource(id: $ds) { id } }', { ds });
  expect((await askEngine(local, load)).dataset).toEqual([]);
});
