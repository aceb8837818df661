import {
  allOf,
  anyOf,
  compare,
  equals,
  isNotNull,
  isNull,
  type Datasource,
  type FilterNode,
  type MetadataEntry,
} from '../../core/datapoints.ts';
import { DomainError } from '../../core/errors.ts';
import type { DataEngine, DatapointPage, DatapointQuery } from '../../core/ports.ts';

/** A Data Engine over these images at `rootUrl`; `emptyRootUrl` holds none. */
export interface DataEngineSetup {
  readonly engine: DataEngine;
  readonly rootUrl: string;
  readonly emptyRootUrl: string;
  close(): Promise<void>;
}

export const contractImages: Record<string, Uint8Array> = {
  'a/1.png': bytes('first'),
  'a/b/2.JPG': bytes('second'),
  'a/b/ü ber&%2.jpeg': bytes('third'),
  'c.webp': bytes('fourth'),
  'd.tif': bytes('fifth'),
};

/** The promises of `DataEngine`. Every adapter and the fake run it. */
export function describeDataEngine(name: string, setUp: () => Promise<DataEngineSetup>): void {
  describe(`${name} keeps the promises of DataEngine`, () => {
    let setup: DataEngineSetup;
    let engine: DataEngine;
    let source: Datasource;

    beforeEach(async () => {
      setup = await setUp();
      engine = setup.engine;
      source = await ready(await engine.ensureDatasource({ name: 'teeth', rootUrl: setup.rootUrl }));
    });
    afterEach(() => setup.close());

    async function ready(datasource: Datasource): Promise<Datasource> {
      let now: Datasource | null = datasource;
      while (now && now.status !== 'READY' && now.status !== 'FAILED') {
        await new Promise((resolve) => setTimeout(resolve, 10));
        now = await engine.findDatasource({ id: datasource.id });
      }
      return now!;
    }

    async function update(entries: MetadataEntry[]): Promise<void> {
      await engine.updateMetadata({ datasourceId: source.id, entries });
    }

    async function all(query: Omit<DatapointQuery, 'datasourceId'> = {}) {
      const found = [];
      for await (const page of engine.queryDatapoints({ datasourceId: source.id, ...query }))
        found.push(...page.datapoints);
      return found;
    }

    async function paths(where?: FilterNode): Promise<string[]> {
      return (await all(where && { where })).map((one) => one.path).sort();
    }

    const score = (path: string, value: number): MetadataEntry => ({
      path,
      key: 'pred_score',
      valueType: 'FLOAT',
      value,
    });
    const split = (path: string, value: string): MetadataEntry => ({
      path,
      key: 'split',
      valueType: 'STRING',
      value,
    });

    test('says which system it is', async () => {
      expect(await engine.check()).toMatchObject({ system: 'DagsHub' });
    });

    test('a datasource is made once a name, and found by name and id', async () => {
      const again = await engine.ensureDatasource({ name: 'teeth', rootUrl: setup.rootUrl });
      expect(again).toEqual(source);
      expect(await engine.findDatasource({ name: 'teeth' })).toEqual(source);
      expect(await engine.findDatasource({ id: source.id })).toEqual(source);
      expect(source).toMatchObject({ name: 'teeth', rootUrl: setup.rootUrl, status: 'READY' });
    });

    test('a datasource nobody made is null', async () => {
      expect(await engine.findDatasource({ name: 'nobody' })).toBeNull();
      expect(await engine.findDatasource({ id: '99999' })).toBeNull();
    });

    test('a name that stands for another root is a domain error', async () => {
      const other = engine.ensureDatasource({ name: 'teeth', rootUrl: setup.emptyRootUrl });
      await expect(other).rejects.toThrow(DomainError);
    });

    test('a root without images is FAILED', async () => {
      const empty = await engine.ensureDatasource({ name: 'none', rootUrl: setup.emptyRootUrl });
      expect((await ready(empty)).status).toBe('FAILED');
    });

    test('every image below the root is a datapoint without fields', async () => {
      const found = await all();
      expect(found.map((one) => one.path).sort()).toEqual(Object.keys(contractImages).sort());
      expect(found.map((one) => one.fields)).toEqual(found.map(() => ({})));
    });

    test('a query answers as of a second', async () => {
      const [path = ''] = Object.keys(contractImages);
      await update([score(path, 0.25)]);
      const asOf = Math.floor(Date.now() / 1000);
      while (Math.floor(Date.now() / 1000) <= asOf) await new Promise((resolve) => setTimeout(resolve, 20));
      await update([score(path, 0.75), split(path, 'train')]);
      const scored = { where: isNotNull('pred_score', 'FLOAT'), select: ['pred_score', 'split'] };
      expect((await all({ ...scored, asOf })).map(({ fields }) => fields)).toEqual([{ pred_score: 0.25 }]);
      expect((await all(scored)).map(({ fields }) => fields)).toEqual([{ pred_score: 0.75, split: 'train' }]);
      expect(await all({ where: isNotNull('split', 'STRING'), asOf })).toEqual([]);
    });

    test('another scan changes nothing', async () => {
      const before = await all();
      await ready(await engine.scanDatasource(source.id));
      expect(await all()).toEqual(before);
    });

    test('values of every type come back as they went', async () => {
      const blob = bytes('{"data":{}}');
      await update([
        { path: 'c.webp', key: 'note', valueType: 'STRING', value: 'a "quoted", ünï\ncode' },
        { path: 'c.webp', key: 'cycle', valueType: 'INTEGER', value: -12 },
        { path: 'c.webp', key: 'pred_score', valueType: 'FLOAT', value: 0.1 },
        { path: 'c.webp', key: 'pinned', valueType: 'BOOLEAN', value: false },
        { path: 'c.webp', key: 'asked_at', valueType: 'DATETIME', value: 1_764_000_000_123 },
        { path: 'c.webp', key: 'prediction', valueType: 'BLOB', value: blob },
      ]);
      const [row] = await all({ where: equals('path', 'c.webp', 'STRING') });
      const { prediction, ...rest } = row!.fields;
      expect(rest).toEqual({
        note: 'a "quoted", ünï\ncode',
        cycle: -12,
        pred_score: 0.1,
        pinned: false,
        asked_at: 1_764_000_000_123,
      });
      expect(await engine.fetchBlob(String(prediction))).toEqual(blob);
    });

    test('an update replaces by path and key, and a repeat changes nothing', async () => {
      await update([score('c.webp', 0.5), split('c.webp', 'train')]);
      await update([score('c.webp', 0.25)]);
      const once = await all();
      await update([score('c.webp', 0.25)]);
      expect(await all()).toEqual(once);
      expect(once.find((one) => one.path === 'c.webp')?.fields).toEqual({ pred_score: 0.25, split: 'train' });
    });

    test('values that are taken away are gone from queries of today, and a repeat changes nothing', async () => {
      await update([score('c.webp', 0.5), split('c.webp', 'train'), score('d.tif', 0.5)]);
      const [row] = await all({ where: equals('path', 'c.webp', 'STRING') });
      const datapoints = [{ id: row!.id, fields: ['pred_score', 'never_set'] }];
      await engine.deleteMetadata({ datasourceId: source.id, datapoints });
      await engine.deleteMetadata({ datasourceId: source.id, datapoints });
      expect(await paths(isNotNull('pred_score', 'FLOAT'))).toEqual(['d.tif']);
      const [left] = await all({ where: equals('path', 'c.webp', 'STRING') });
      expect(left).toEqual({ ...row, fields: { split: 'train' } });
    });

    test('of two values for one path and key in an update the later counts', async () => {
      await update([score('c.webp', 0.5), score('c.webp', 0.75)]);
      expect(await paths(equals('pred_score', 0.75, 'FLOAT'))).toEqual(['c.webp']);
    });

    test('an update of no values is nothing', async () => {
      await update([]);
      expect(await all()).toHaveLength(5);
    });

    test('an unknown path becomes a datapoint', async () => {
      await update([split('later/6.png', 'test')]);
      expect(await paths(equals('split', 'test', 'STRING'))).toEqual(['later/6.png']);
      expect(await all()).toHaveLength(6);
    });

    test('a field keeps its type', async () => {
      await update([score('c.webp', 0.5)]);
      await expect(
        update([{ path: 'd.tif', key: 'pred_score', valueType: 'STRING', value: 'high' }]),
      ).rejects.toThrow(/pred_score/);
    });

    test('a STRING has 512 characters at most', async () => {
      await update([split('c.webp', 'x'.repeat(512))]);
      await expect(update([split('d.tif', 'x'.repeat(513))])).rejects.toThrow(DomainError);
    });

    test('fields can be declared before any value, again and again', async () => {
      const fields = [{ name: 'annotation', valueType: 'BLOB' as const, tags: ['annotation'] }];
      await engine.declareFields({ datasourceId: source.id, fields });
      await engine.declareFields({ datasourceId: source.id, fields });
      expect(await paths(isNull('annotation', 'BLOB'))).toHaveLength(5);
      await expect(
        engine.declareFields({
          datasourceId: source.id,
          fields: [{ name: 'annotation', valueType: 'STRING', tags: [] }],
        }),
      ).rejects.toThrow(/annotation/);
    });

    test('numbers compare as numbers, and a datapoint without value meets no comparison', async () => {
      await update([score('a/1.png', 9), score('c.webp', 10), score('d.tif', -1.5)]);
      const at = (comparator: Parameters<typeof compare>[1], value: number) =>
        paths(compare('pred_score', comparator, value, 'FLOAT'));
      expect(await at('GREATER_THAN', 9)).toEqual(['c.webp']);
      expect(await at('GREATER_EQUAL_THAN', 9)).toEqual(['a/1.png', 'c.webp']);
      expect(await at('LESS_THAN', 9)).toEqual(['d.tif']);
      expect(await at('LESS_EQUAL_THAN', 9)).toEqual(['a/1.png', 'd.tif']);
      expect(await at('EQUAL', 10)).toEqual(['c.webp']);
    });

    test('texts are searched as they stand, also in paths', async () => {
      await update([split('a/1.png', '100%_A'), split('c.webp', '100xxa')]);
      expect(await paths(compare('split', 'CONTAINS', '%_', 'STRING'))).toEqual(['a/1.png']);
      expect(await paths(compare('split', 'STARTS_WITH', '100', 'STRING'))).toEqual(['a/1.png', 'c.webp']);
      expect(await paths(compare('split', 'ENDS_WITH', 'a', 'STRING'))).toEqual(['c.webp']);
      expect(await paths(compare('path', 'STARTS_WITH', 'a/b/', 'STRING'))).toHaveLength(2);
    });

    test('booleans compare', async () => {
      await update([
        { path: 'a/1.png', key: 'pinned', valueType: 'BOOLEAN', value: true },
        { path: 'c.webp', key: 'pinned', valueType: 'BOOLEAN', value: false },
      ]);
      expect(await paths(equals('pinned', true, 'BOOLEAN'))).toEqual(['a/1.png']);
      expect(await paths(equals('pinned', false, 'BOOLEAN'))).toEqual(['c.webp']);
    });

    test('and, or and not nest; not takes in the datapoints without value', async () => {
      await update([
        split('a/1.png', 'train'),
        split('c.webp', 'train'),
        split('d.tif', 'test'),
        score('a/1.png', 0.2),
        score('d.tif', 0.4),
      ]);
      const train = equals('split', 'train', 'STRING');
      const scored = isNotNull('pred_score', 'FLOAT');
      expect(await paths(allOf(train, scored))).toEqual(['a/1.png']);
      expect(await paths(anyOf(train, scored))).toEqual(['a/1.png', 'c.webp', 'd.tif']);
      expect(await paths({ ...anyOf(train, scored), not: true })).toEqual(['a/b/2.JPG', 'a/b/ü ber&%2.jpeg']);
      expect(await paths({ ...allOf(train, scored), not: true })).toHaveLength(4);
      expect(await paths({ ...train, not: true })).toHaveLength(3);
      const untouched = allOf(isNull('pred_score', 'FLOAT'), { ...train, not: true });
      expect(await paths(anyOf(untouched, allOf(train, scored)))).toEqual([
        'a/1.png',
        'a/b/2.JPG',
        'a/b/ü ber&%2.jpeg',
      ]);
      expect(await paths(allOf())).toHaveLength(5);
      expect(await paths(anyOf())).toHaveLength(0);
    });

    test('a field nobody has written is absent everywhere', async () => {
      expect(await paths(isNull('nobody', 'STRING'))).toHaveLength(5);
      expect(await paths(equals('nobody', 'x', 'STRING'))).toHaveLength(0);
    });

    test('pages of one datapoint hold each one once, in order, ties by id and absent values last', async () => {
      await update([score('d.tif', 0.5), score('a/1.png', 10), score('c.webp', 0.5)]);
      for (const order of ['ASC', 'DESC'] as const) {
        const found = await all({ orderBy: [{ field: 'pred_score', order }], pageSize: 1 });
        const scores = found.map((one) => one.fields['pred_score']);
        expect(scores).toEqual(
          order === 'ASC' ? [0.5, 0.5, 10, undefined, undefined] : [10, 0.5, 0.5, undefined, undefined],
        );
        const ties = found.filter((one) => one.fields['pred_score'] === 0.5).map((one) => Number(one.id));
        expect(ties[0]).toBeLessThan(ties[1]!);
        expect(new Set(found.map((one) => one.id)).size).toBe(5);
      }
    });

    test('a second field decides among equals of the first', async () => {
      await update([
        split('a/1.png', 'b'),
        split('c.webp', 'a'),
        split('d.tif', 'a'),
        score('a/1.png', 3),
        score('c.webp', 1),
        score('d.tif', 2),
      ]);
      const found = await all({
        where: isNotNull('split', 'STRING'),
        orderBy: [
          { field: 'split', order: 'ASC' },
          { field: 'pred_score', order: 'DESC' },
        ],
        pageSize: 2,
      });
      expect(found.map((one) => one.path)).toEqual(['d.tif', 'c.webp', 'a/1.png']);
    });

    test('datapoints that leave the filter between pages neither hide nor repeat others', async () => {
      const seen: string[] = [];
      const where = isNull('pred_score', 'FLOAT');
      for await (const page of engine.queryDatapoints({ datasourceId: source.id, where, pageSize: 2 })) {
        seen.push(...page.datapoints.map((one) => one.path));
        await update(page.datapoints.map((one) => score(one.path, 1)));
      }
      expect(seen.sort()).toEqual(Object.keys(contractImages).sort());
    });

    test('a query goes on behind a cursor, and the last page has none', async () => {
      const first = await engine.queryDatapoints({ datasourceId: source.id, pageSize: 3 }).next();
      const cursor = (first.value as DatapointPage).endCursor;
      const rest = await all({ after: cursor!, pageSize: 3 });
      expect(rest).toHaveLength(2);
      const pages = [];
      for await (const page of engine.queryDatapoints({ datasourceId: source.id, pageSize: 5 }))
        pages.push(page);
      expect(pages.map((page) => page.endCursor)).toEqual([null]);
    });

    test('only the fields selected come back', async () => {
      await update([score('c.webp', 0.5), split('c.webp', 'train')]);
      const where = equals('path', 'c.webp', 'STRING');
      expect((await all({ where, select: ['split'] }))[0]?.fields).toEqual({ split: 'train' });
      expect((await all({ where, select: [] }))[0]?.fields).toEqual({});
    });

    test('images come as their bytes, whatever their names', async () => {
      for (const [path, content] of Object.entries(contractImages))
        expect(await engine.fetchImage({ rootUrl: setup.rootUrl, path })).toEqual(content);
    });

    test('an image of a known version is not sent again', async () => {
      const [path = '', content] = Object.entries(contractImages)[0] ?? [];
      const image = { rootUrl: setup.rootUrl, path };
      const first = await engine.fetchImageUnless({ ...image, known: null });
      expect(first?.bytes).toEqual(content);
      expect(await engine.fetchImageUnless({ ...image, known: first!.version })).toBeNull();
      expect(await engine.fetchImageUnless({ ...image, known: '"another"' })).toEqual(first);
      const room = (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes));
      const roomy = await engine.fetchImageUnless({ ...image, known: null, room });
      expect(Array.from(roomy?.bytes ?? [])).toEqual(Array.from(content ?? []));
    });

    test('an image or a blob that is not there is a domain error', async () => {
      await expect(engine.fetchImage({ rootUrl: setup.rootUrl, path: 'gone.png' })).rejects.toThrow(
        DomainError,
      );
      await expect(engine.fetchBlob('0'.repeat(64))).rejects.toThrow(DomainError);
    });

    test('datapoints are put behind a link for people; those of no datasource are not', async () => {
      const datapoints = (await all()).map(({ id, path }) => ({
        id,
        url: engine.downloadUrl({ rootUrl: setup.rootUrl, path }),
      }));
      const link = await engine.annotationLink({ datasourceId: source.id, datapoints });
      expect(new URL(link).protocol).toMatch(/^https?:$/);
      await expect(engine.annotationLink({ datasourceId: '99', datapoints })).rejects.toThrow();
    });

    test('an aborted call throws the abort', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(engine.findDatasource({ name: 'teeth' }, signal)).rejects.toThrow('enough');
    });
  });
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(new TextEncoder().encode(text));
}
