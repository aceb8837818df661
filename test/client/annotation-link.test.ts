import { request } from 'undici';
import { annotationLink } from '../../client/annotation-link.ts';
import { fields } from '../../core/fields.ts';
import type { MetadataEntry } from '../../core/datapoints.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { loopSpec } from '../support/loop-specs.ts';

const spec = loopSpec({ loop: 'glyphs', repo: testRepo, datasource: { path: 's3://digits/data' } });
let local: LocalEngine;
let engine: DagsHubDataEngine;
beforeEach(async () => {
  const names = ['0.png', '1.png', '2.png', '3.png', '4.png'];
  local = await startLocalEngine(Object.fromEntries(names.map((name) => [name, Buffer.from(name)])));
  engine = new DagsHubDataEngine({ host: local.engine.url, repo: testRepo, token: testToken });
});
afterEach(() => local.close());

/** Of the newest datasource, by field. */
async function set(path: string, values: Partial<Record<keyof typeof fields, unknown>>): Promise<void> {
  const { id } = await engine.ensureDatasource({ name: 'glyphs', rootUrl: local.rootUrl });
  const entries = Object.entries(values).map(([field, value]) => {
    const { name: key, valueType } = fields[field as keyof typeof fields];
    return { path, key, valueType, value } as MetadataEntry;
  });
  await engine.updateMetadata({ datasourceId: id, entries });
}

test('the link opens the page for the images that the newest cycle asks and nobody has annotated', async () => {
  await set('0.png', { selectedInCycle: 1, selectedRank: 0 });
  await set('1.png', { selectedInCycle: 2, selectedRank: 1 });
  await set('2.png', { selectedInCycle: 2, selectedRank: 0 });
  await set('3.png', { selectedInCycle: 2, selectedRank: 2, annotation: Buffer.from('{}') });
  await set('4.png', { selectedInCycle: 2, selectedRank: 3, excluded: 'broken' });
  const { link, ...rest } = await annotationLink(engine, spec);
  expect(rest).toEqual({ cycle: 2, images: 2 });
  const page = await request(link!);
  expect(await page.body.text()).toContain('2 images of glyphs wait to be annotated.');
});

test('where nothing waits there is no link', async () => {
  await engine.ensureDatasource({ name: 'glyphs', rootUrl: local.rootUrl });
  expect(await annotationLink(engine, spec)).toEqual({ link: null, cycle: null, images: 0 });
  await set('0.png', { selectedInCycle: 3, annotation: Buffer.from('{}') });
  expect(await annotationLink(engine, spec)).toEqual({ link: null, cycle: 3, images: 0 });
});

test('before a loop has begun there is nothing to ask', async () => {
  await expect(annotationLink(engine, spec)).rejects.toThrow(
    'The repository team/teeth has no datasource "glyphs": nothing was asked yet.',
  );
});
