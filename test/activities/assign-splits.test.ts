import { assignSplitsActivity } from '../../activities/assign-splits.ts';
import { splitOf } from '../../core/splits.ts';
import { AnnotatedWorld } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

const ratios = { train: 0.6, valid: 0.3, test: 0.1 };
const input = { datasourceId: '1', rule: ratios, seed: 1 };
let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(23);
});
afterEach(() => world.remove());

test('gives every image its split, over all pages, and a second call writes nothing', async () => {
  const { assignSplits } = assignSplitsActivity(world);
  const given = await runActivity(assignSplits, input);
  expect(world.column('split')).toEqual(
    Object.fromEntries(world.paths.map((path) => [path, splitOf(path, ratios, 1)])),
  );
  const count = (split: string) => Object.values(world.column('split')).filter((one) => one === split).length;
  const counts = { train: count('train'), valid: count('valid'), test: count('test') };
  expect(given).toEqual({ splits: counts, ungrouped: 0, foreign: 0 });
  const { written } = world;
  expect(await runActivity(assignSplits, input)).toEqual(given);
  expect(world.written).toBe(written);
});

test('a new image gets a split and moves no other; a changed ratio moves nobody', async () => {
  const { assignSplits } = assignSplitsActivity(world);
  await runActivity(assignSplits, input);
  const before = world.column('split');
  world.engine.addImage('s3://bucket/images', 'new.png');
  await world.engine.scanDatasource('1');
  const other = { ...input, rule: { train: 0.1, valid: 0.1, test: 0.8 } };
  const { splits } = await runActivity(assignSplits, other);
  expect(splits.train + splits.valid + splits.test).toBe(24);
  expect(world.column('split')).toEqual({ ...before, 'new.png': splitOf('new.png', other.rule, 1) });
});

test("a person's own splits stay, and a word that is none of ours is told", async () => {
  const { assignSplits } = assignSplitsActivity(world);
  const own = (path: string, value: string) => ({
    path,
    key: 'split',
    valueType: 'STRING' as const,
    value,
  });
  const entries = [own('00.png', 'test'), own('01.png', 'holdout')];
  await world.engine.updateMetadata({ datasourceId: '1', entries });
  const { splits, foreign } = await runActivity(assignSplits, input);
  expect([splits.train + splits.valid + splits.test, foreign]).toEqual([22, 1]);
  expect(world.column('split')).toMatchObject({ '00.png': 'test', '01.png': 'holdout' });
});

test('images of one group share a split, by their path or by a field', async () => {
  const { assignSplits } = assignSplitsActivity(world);
  await runActivity(assignSplits, { ...input, rule: { ...ratios, by: { path: '^(.)' } } });
  const splits = world.column('split');
  for (const tens of ['0', '1', '2'])
    expect(
      new Set(world.paths.filter((path) => path.startsWith(tens)).map((path) => splits[path])).size,
    ).toBe(1);
  expect(splits['00.png']).toBe(splitOf('0', ratios, 1));
});

test('an image that lacks the field of its group waits for it', async () => {
  const { assignSplits } = assignSplitsActivity(world);
  const patient = (path: string, value: string) => ({
    path,
    key: 'patient',
    valueType: 'STRING' as const,
    value,
  });
  const entries = world.paths.slice(0, 20).map((path, index) => patient(path, `p${index % 4}`));
  await world.engine.updateMetadata({ datasourceId: '1', entries });
  const rule = { ...ratios, by: { field: 'patient' } };
  expect((await runActivity(assignSplits, { ...input, rule })).ungrouped).toBe(3);
  const splits = world.column('split');
  for (const [index, path] of world.paths.slice(0, 20).entries())
    expect(splits[path]).toBe(splitOf(`p${index % 4}`, ratios, 1));
  expect(splits['22.png']).toBeUndefined();

  await world.engine.updateMetadata({ datasourceId: '1', entries: [patient('22.png', 'p0')] });
  expect((await runActivity(assignSplits, { ...input, rule })).ungrouped).toBe(2);
  expect(world.column('split')['22.png']).toBe(splitOf('p0', ratios, 1));
});

test('each stratum gets the ratios, over a process that dies and a datasource that grows', async () => {
  await world.remove();
  world = await AnnotatedWorld.create(200);
  const scanner = (path: string, index: number) => ({
    path,
    key: 'scanner',
    valueType: 'STRING' as const,
    value: index % 5 === 0 ? 'rare' : 'common',
  });
  await world.engine.updateMetadata({ datasourceId: '1', entries: world.paths.map(scanner) });
  const { assignSplits } = assignSplitsActivity(world);
  const rule = { ...ratios, by: { stratify: 'scanner' } };
  const update = world.engine.updateMetadata.bind(world.engine);
  let pages = 0;
  world.engine.updateMetadata = (entries, signal) =>
    ++pages > 7 ? Promise.reject(new Error('killed')) : update(entries, signal);
  await expect(runActivity(assignSplits, { ...input, rule })).rejects.toThrow();
  world.engine.updateMetadata = update;
  const before = world.column('split');
  expect(Object.keys(before)).toHaveLength(35);
  await runActivity(assignSplits, { ...input, rule });

  const splits = world.column('split');
  expect(splits).toMatchObject(before);
  const count = (stratum: string, split: string) =>
    world.paths.filter((path, index) => scanner(path, index).value === stratum && splits[path] === split)
      .length;
  // 40 rare and 160 common ones: two and eight blocks, each off by one at most.
  for (const [split, ratio] of Object.entries(ratios)) {
    expect(Math.abs(count('rare', split) - 40 * ratio)).toBeLessThanOrEqual(2);
    expect(Math.abs(count('common', split) - 160 * ratio)).toBeLessThanOrEqual(4);
  }
});
