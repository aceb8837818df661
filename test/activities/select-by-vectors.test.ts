import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inferShardActivity } from '../../activities/infer-shard.ts';
import { planInferenceActivity } from '../../activities/plan-inference.ts';
import { readEmbeddingFile } from '../../activities/embedding-file.ts';
import { selectBatchActivity } from '../../activities/select-batch.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import type { BatchRule } from '../../core/selection/batch-rule.ts';
import { selectionRecordSchema } from '../../core/selection/selection-record.ts';
import type { PoolRow } from '../../core/ports.ts';
import { InlineBatchChooser } from '../support/inline-batch-chooser.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';
import { trainingInput } from '../support/training-input.ts';

const datasource = { id: '1', rootUrl };
const rule: BatchRule = { strategy: 'two-stage', maxImages: 3, maxScore: 1, randomShare: 0 };
let world: AnnotatedWorld;
let runId: string;
afterEach(() => world.remove());

/** Images 0–11 are labelled for training, 12–13 for validation; the rest is the pool. */
async function worldWithModel(images: number): Promise<void> {
  world = await AnnotatedWorld.create(images, { pageImages: 1000 });
  await world.set(0, images, { split: 'train' });
  await world.set(12, 14, { split: 'valid', selectedAs: 'validation' });
  await world.annotate(0, 14);
  const trained = await runActivity(trainModelActivity(world).trainModel, trainingInput);
  runId = trained.runId;
}

async function infer(embedFor = 1, score: 'margin' = 'margin') {
  const shards = await runActivity(planInferenceActivity(world).planInference, {
    datasourceId: '1',
    shardImages: 100,
    embed: true,
  });
  const results = [];
  for (const shard of shards)
    results.push(
      await runActivity(inferShardActivity(world).inferShard, {
        runId,
        datasource,
        shard,
        rule: { score, boxes: defaultBoxRule },
        scheme,
        embedFor,
      }),
    );
  return results;
}

function choose(changes: Partial<BatchRule> = {}, cycle = 1) {
  return runActivity(selectBatchActivity(world).selectBatch, {
    datasourceId: '1',
    cycle,
    runId,
    cycleRunId: runId,
    seed: 1,
    rule: { ...rule, ...changes },
    scheme,
  });
}

function record() {
  const bytes = world.tracker.run(runId).artifacts.get('selection.json')!;
  return selectionRecordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

function artifacts(): string[] {
  return [...world.tracker.run(runId).artifacts.keys()].filter((path) => path.startsWith('embeddings/'));
}

test('inference keeps a vector of length 1 of each image of train, and predicts the pool alone', async () => {
  await worldWithModel(30);
  world.runner.embedding = () => [3, 4];
  expect(await infer()).toEqual([{ predicted: 28, skipped: 0, unreadable: 0 }]);
  expect(Object.keys(world.column('predRun'))).toEqual(world.paths.slice(14));
  const [path = ''] = artifacts();
  expect(path).toMatch(/^embeddings\/cycle-1\/[0-9a-f]{2}\/[0-9a-f]{16}\.arrow$/);
  const file = readEmbeddingFile(world.tracker.run(runId).artifacts.get(path)!, path);
  expect(file).toMatchObject({ columns: 2, embeddedBy: 'model', classes: ['cat', 'dog'] });
  expect(file.ids).toEqual(world.paths.filter((_, index) => index < 12 || index >= 14));
  expect([...file.vectors.subarray(0, 2)]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
  expect(file.probabilities?.length).toBe(56);
});

test('a second call keeps nothing again, and a lost mark makes its whole file again', async () => {
  await worldWithModel(90);
  await infer();
  const before = artifacts();
  expect(before).toHaveLength(2);
  world.runner.classified = [];
  expect(await infer()).toEqual([{ predicted: 0, skipped: 88, unreadable: 0 }]);
  expect(world.runner.classified).toEqual([]);
  await world.set(80, 81, { embeddingRun: 'earlier' });
  expect(await infer()).toEqual([{ predicted: 24, skipped: 64, unreadable: 0 }]);
  expect(artifacts()).toEqual(before);
});

test('without a strategy that compares them no vectors are asked for or kept', async () => {
  await worldWithModel(20);
  await runActivity(inferShardActivity(world).inferShard, {
    runId,
    datasource,
    shard: { after: null, images: 100 },
    rule: { score: 'margin', boxes: defaultBoxRule },
    scheme,
  });
  expect(artifacts()).toEqual([]);
  expect(world.column('embeddingRun')).toEqual({});
});

test('two-stage of a large pool chooses of a shortlist what it chooses of all', async () => {
  await worldWithModel(900);
  // Half of them tie.
  world.runner.probabilities = (path) => (Number.parseInt(path, 10) % 2 ? [0.5, 0.5] : [0.6, 0.4]);
  world.runner.embedding = (path) => [1, Number.parseInt(path, 10) % 97, Number.parseInt(path, 10) % 89];
  await infer();
  const given = jest.spyOn(world.chooser, 'choose');
  const rows: PoolRow[] = [];
  const { choose: chosen } = InlineBatchChooser.prototype;
  given.mockImplementation((input, signal) => {
    async function* watched() {
      for await (const part of input.parts) {
        if ('rows' in part) rows.push(...part.rows);
        yield part;
      }
    }
    return chosen.call(world.chooser, { ...input, parts: watched() }, signal);
  });
  await choose({ maxImages: 20, randomShare: 0.1 });
  const short = record();
  expect(rows.filter(({ role }) => role === 'open').length).toBeLessThan(500);
  expect(rows.filter(({ role }) => role === 'centre')).toHaveLength(12);
  // No two are as alike as the guard wants, so it only makes the pool come whole.
  await choose({ maxImages: 20, randomShare: 0.1, nearDuplicates: 1 });
  const whole = record();
  expect(rows.filter(({ role }) => role === 'open').length).toBeGreaterThan(1200);
  const { chosen: list, pool } = short;
  expect({ list, pool }).toEqual({ list: whole.chosen, pool: whole.pool });
  expect(pool).toBe(886);
});

test('two-stage keeps away from the labelled and from what it chose', async () => {
  await worldWithModel(20);
  // The labelled lie at 0°, the pool at 0°, 20°, …, 100°: farthest first is 100°, then 40° (between 0° and 100° 60° is as far from one of them).
  const degrees = (text: string) => (text < '14.png' ? 0 : (Number(text.slice(0, 2)) - 14) * 20);
  world.runner.embedding = (text) => [
    Math.cos((degrees(text) * Math.PI) / 180),
    Math.sin((degrees(text) * Math.PI) / 180),
  ];
  await infer();
  expect(await choose({ maxImages: 2 })).toEqual({ selected: 2, pool: 6 });
  const { chosen, passedOver, strategy, centres, labelled, embedding } = record();
  expect({ strategy, centres, labelled, embedding }).toEqual({
    strategy: 'two-stage',
    centres: 12,
    labelled: 12,
    embedding: { by: 'model', columns: 2 },
  });
  expect(chosen[0]).toMatchObject({
    path: '19.png',
    rank: 0,
    purpose: 'score',
    nearest: { cosine: expect.closeTo(Math.cos((100 * Math.PI) / 180), 5) },
  });
  expect(['16.png', '17.png']).toContain(chosen[1]!.path);
  expect(passedOver).toHaveLength(4);
  expect(chosen[0]!.predScore).toBeCloseTo(Number(world.column('predScore')['19.png']), 12);
  expect(['cat', 'dog']).toContain(chosen[0]!.class);
});

test('images of a batch that look alike are marked with the first of them, whatever the strategy', async () => {
  await worldWithModel(26);
  // Three directions, a little apart within each: 14, 17, 20, 23 look alike, and so do 15, 18, … and 16, 19, …
  world.runner.embedding = (path) => {
    const at = Number.parseInt(path, 10);
    return [0, 1, 2].map((axis) => (at % 3 === axis ? 1 : 0.001 * at));
  };
  await infer();
  // Needs no vectors itself; the guard does, and guards against nothing here.
  await choose({ strategy: 'top-k', nearDuplicates: 1, maxImages: 9 });
  const { chosen } = record();
  const kindOf = (path: string) => Number.parseInt(path, 10) % 3;
  const firstLike = (path: string) => chosen.find((one) => kindOf(one.path) === kindOf(path))!.path;
  expect(chosen.map(({ path, cluster }) => [path, cluster])).toEqual(
    chosen.map(({ path }) => [path, firstLike(path)]),
  );
  expect(world.column('selectedCluster')).toEqual(
    Object.fromEntries(chosen.map(({ path }) => [path, firstLike(path)])),
  );
});

test('a second call changes nothing, whatever the first had marked', async () => {
  await worldWithModel(40);
  await infer();
  await choose({ randomShare: 0.5, maxImages: 6 });
  const before = world.rows();
  expect(await choose({ randomShare: 0.5, maxImages: 6 })).toEqual({ selected: 6, pool: 26 });
  expect(world.rows()).toEqual(before);
  expect(Object.values(world.column('selectedAs')).filter((one) => one === 'random')).toHaveLength(3);
});

test('with too few labels it covers, and says so', async () => {
  await worldWithModel(30);
  await infer();
  const classes = ['cat', 'dog', 'cow', 'hen', 'pig', 'fox', 'owl'];
  await runActivity(selectBatchActivity(world).selectBatch, {
    datasourceId: '1',
    cycle: 1,
    runId,
    cycleRunId: runId,
    seed: 1,
    rule,
    scheme: { ...scheme, classes },
  });
  // Twelve labels are fewer than two a class.
  expect(record()).toMatchObject({ coldStart: true, strategy: 'facility-location', labelled: 12 });
});

test('near-duplicates of the labelled are passed over, and named', async () => {
  await worldWithModel(20);
  world.runner.embedding = (text) => (text < '17.png' ? [1, 0] : [0, 1]);
  await infer();
  await choose({ strategy: 'top-k', nearDuplicates: 0.99 });
  const { chosen, passedOver } = record();
  expect(chosen).toHaveLength(1);
  expect(passedOver.filter(({ why }) => why === 'near-duplicate').length).toBeGreaterThan(0);
});

test('quotas level the classes, the labels counted', async () => {
  await worldWithModel(60);
  await world.annotate(0, 12);
  world.runner.probabilities = (text) => (text < '50.png' ? [0.6, 0.4] : [0.1, 0.9]);
  await infer();
  await choose({ strategy: 'top-k', quotas: { dog: 1 }, maxImages: 10 });
  const classes = record().chosen.map((one) => one.class);
  expect(classes.filter((name) => name === 'dog')).toHaveLength(5);
});

test('what is excluded is neither asked nor drawn', async () => {
  await worldWithModel(20);
  await infer();
  const exclude = [{ path: '^1[4-6]' }, { field: 'pred_run', is: 'nobody' }];
  expect(await choose({ exclude, maxImages: 6, randomShare: 1 })).toEqual({ selected: 3, pool: 3 });
});

test('images without objects get their share, and the random arm may draw them', async () => {
  await worldWithModel(34);
  await infer();
  for (let index = 14; index < 34; index++)
    await world.set(index, index + 1, { predBoxes: index < 24 ? 0 : 2 });
  await runActivity(selectBatchActivity(world).selectBatch, {
    datasourceId: '1',
    cycle: 1,
    runId,
    cycleRunId: runId,
    seed: 1,
    rule: { ...rule, strategy: 'k-center', maxImages: 10, emptyShare: 0.2, randomShare: 0.4 },
    scheme: { ...scheme, task: 'detection' },
  });
  const { chosen } = record();
  const of = (purpose: string) => chosen.filter((one) => one.purpose === purpose);
  expect([of('score').length, of('empty').length, of('random').length]).toEqual([4, 2, 4]);
  expect(of('score').every(({ path }) => path >= '24.png')).toBe(true);
  expect(of('empty').every(({ path, predScore }) => path < '24.png' && predScore === null)).toBe(true);
  expect(new Set(chosen.map(({ path }) => path)).size).toBe(10);
});

test('an image whose vector is no direction is set aside with its reason', async () => {
  await worldWithModel(20);
  world.runner.embedding = (text) => (text === '15.png' ? [0, 0] : [1, Number(text.slice(0, 2))]);
  await infer();
  await choose({ maxImages: 6 });
  expect(record().quarantined).toEqual({
    count: 1,
    first: [{ path: '15.png', reason: 'its embedding is all zeros' }],
  });
});

test('a later cycle of the same champion reads what earlier ones kept', async () => {
  await worldWithModel(40);
  await infer(1);
  await choose({}, 1);
  world.engine.addImage(rootUrl, 'new.png');
  await world.engine.scanDatasource('1');
  await world.engine.updateMetadata({
    datasourceId: '1',
    entries: [{ path: 'new.png', key: 'split', valueType: 'STRING', value: 'train' }],
  });
  world.runner.classified = [];
  await infer(2);
  expect(world.runner.classified).toContain('new.png');
  expect(await choose({ maxImages: 100 }, 2)).toEqual({ selected: 24, pool: 24 });
  expect(record().centres).toBe(15);
});

test('files that do not fit together are refused, and nothing is left on the disk', async () => {
  await worldWithModel(90);
  world.runner.embedding = (text) => (text < '64.png' ? [1, 0] : [1, 0, 0]);
  await infer();
  await expect(choose()).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringMatching(/holds vectors of [23] numbers by model; those before it have [23]/),
  });
  expect(await readdir(join(world.workDir, 'selection'))).toEqual([]);
});
