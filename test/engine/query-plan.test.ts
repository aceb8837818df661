import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allOf, compare, isNotNull, isNull, type FilterNode } from '../../core/datapoints.ts';
import { BlobStore } from '../../engine/blob-store.ts';
import { Clock } from '../../engine/clock.ts';
import { openDatabase, type Database } from '../../engine/database.ts';
import { queryDatapoints } from '../../engine/datapoint-query.ts';
import { DatasourceStore } from '../../engine/datasource-store.ts';
import { FieldStore } from '../../engine/field-store.ts';
import { MetadataStore } from '../../engine/metadata-store.ts';
import { migrate } from '../../engine/migrations.ts';

let folder: string;
let database: Database;
let fields: FieldStore;
let metadata: MetadataStore;
let id: number;

/** Ten images: the three with the lowest scores are labelled, the last one has no score. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-plan-'));
  database = openDatabase(join(folder, 'engine.sqlite'));
  migrate(database);
  fields = new FieldStore(database);
  metadata = new MetadataStore({
    database,
    fields,
    blobs: new BlobStore(database),
    clock: new Clock(database),
  });
  ({ id } = new DatasourceStore(database).create({ name: 'x', rootUrl: 's3://a/b', type: 'BUCKET' }));
  await metadata.update(
    id,
    Array.from({ length: 10 }, (_, index) => `${index}.png`).flatMap((url, index) => [
      { url, key: 'size', value: String(index % 2), valueType: 'INTEGER' as const },
      ...(index < 9 ? [{ url, key: 'score', value: String(index / 10), valueType: 'FLOAT' as const }] : []),
      ...(index < 3 ? [{ url, key: 'label', value: 'cat', valueType: 'STRING' as const }] : []),
    ]),
  );
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

const unlabelled = isNull('label', 'STRING');
const predicted = isNotNull('score', 'FLOAT');

function ask(query: FilterNode, first = 100): string[] {
  const orderBy = [{ field: 'score' }];
  return queryDatapoints({ database, fields }, id, { query: { query, orderBy }, first }).datapoints.map(
    ({ path }) => path,
  );
}

/** The fields that indexes are ordered by, and the fields that those in them have no value of. */
function indexes(): [string | undefined, string | undefined][] {
  const nameOf = (column: string | undefined) =>
    [...fields.list(id).values()].find((field) => `f${field.id}` === column)?.name;
  return database
    .rows("SELECT name FROM sqlite_master WHERE type = 'index' AND name GLOB 'by_f*' ORDER BY rowid")
    .map(([name]) => /^by_(f\d+)(?:_without_(f\d+))?$/.exec(String(name)) ?? [])
    .map(([, by, without]) => [nameOf(by), nameOf(without)]);
}

test('the unlabelled in order of score come from an index that holds no labelled one', async () => {
  expect(ask(allOf(unlabelled, predicted), 2)).toEqual(['3.png', '4.png']);
  expect(indexes()).toEqual([['score', 'label']]);
  await metadata.update(id, [{ url: '3.png', key: 'label', value: 'dog', valueType: 'STRING' }]);
  await metadata.update(id, [{ url: '9.png', key: 'score', value: '0.35', valueType: 'FLOAT' }]);
  const [{ id: labelled } = { id: '' }] = queryDatapoints({ database, fields }, id, { query: {} }).datapoints;
  metadata.delete(id, [{ datapointId: labelled, fields: ['label'] }]);
  expect(ask(allOf(unlabelled, predicted))).toEqual(
    ['0', '9', '4', '5', '6', '7', '8'].map((name) => `${name}.png`),
  );
});

test('where a value may be absent or present the index holds both', () => {
  expect(ask(allOf(predicted, compare('size', 'GREATER_THAN', 0, 'INTEGER')))).toEqual(
    ['1', '3', '5', '7'].map((name) => `${name}.png`),
  );
  expect(ask(allOf(predicted, { ...unlabelled, not: true }))).toEqual(['0.png', '1.png', '2.png']);
  expect(ask({ or: [allOf(predicted, unlabelled), allOf(predicted)] })).toHaveLength(9);
  expect(indexes()).toEqual([['score', undefined]]);
});

test('an order that nulls are in goes without an index', () => {
  expect(ask(unlabelled).at(-1)).toBe('9.png');
  expect(indexes()).toEqual([]);
});

test('the indexes of a field go when it comes to hold lists', async () => {
  ask(predicted);
  ask(allOf(unlabelled, predicted));
  expect(indexes()).toHaveLength(2);
  await metadata.update(id, [
    { url: '0.png', key: 'score', value: '0.1', valueType: 'FLOAT', allowMultiple: true },
  ]);
  expect(indexes()).toEqual([]);
  expect(() => ask(predicted)).toThrow('The field "score" has no order: it holds lists.');
});
