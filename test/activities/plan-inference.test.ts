import { planInferenceActivity } from '../../activities/plan-inference.ts';
import { AnnotatedWorld } from '../support/annotated-world.ts';
import { FakeDataEngine } from '../support/fake-data-engine.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(23);
});
afterEach(() => world.remove());

test('cuts the pool, and nothing but the pool, into shards', async () => {
  await world.set(0, 20, { split: 'train' });
  await world.annotate(0, 3);
  await world.set(3, 5, { selectedInCycle: 1 });
  const { planInference } = planInferenceActivity(world);
  const shards = await runActivity(planInference, { datasourceId: '1', shardImages: 4 });
  expect(shards.map(({ images }) => images)).toEqual([4, 4, 4, 3]);
  expect(shards[0]?.after).toBeNull();
  expect(new Set(shards.map(({ after }) => after)).size).toBe(4);
  expect(await runActivity(planInference, { datasourceId: '1', shardImages: 4 })).toEqual(shards);
  expect(world.engine.calls['updateMetadata']).toBe(3);
});

test('an empty pool gives no shard', async () => {
  const { planInference } = planInferenceActivity(world);
  expect(await runActivity(planInference, { datasourceId: '1', shardImages: 4 })).toEqual([]);
});

test('more shards than a history can hold fail for good, with the size that fits', async () => {
  const paths = Array.from({ length: 1001 }, (_, index) => `${index}.png`);
  const engine = new FakeDataEngine({ roots: { 's3://b': paths } });
  await engine.ensureDatasource({ name: 'x', rootUrl: 's3://b' });
  await engine.updateMetadata({
    datasourceId: '1',
    entries: paths.map((path) => ({ path, key: 'split', valueType: 'STRING' as const, value: 'train' })),
  });
  const { planInference } = planInferenceActivity({ engine });
  await expect(runActivity(planInference, { datasourceId: '1', shardImages: 1 })).rejects.toMatchObject({
    nonRetryable: true,
    message:
      'The pool needs 1001 shards of 1 images; at most 1000 fit. Set inference.shardImages to 2 or more.',
  });
  expect(await runActivity(planInference, { datasourceId: '1', shardImages: 2 })).toHaveLength(501);
});
