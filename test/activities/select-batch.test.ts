import { selectBatchActivity } from '../../activities/select-batch.ts';
import type { DatapointQuery } from '../../core/ports.ts';
import { AnnotatedWorld } from '../support/annotated-world.ts';
import { FakeDataEngine } from '../support/fake-data-engine.ts';
import { runActivity } from '../support/run-activity.ts';

const rule = { strategy: 'top-k' as const, maxImages: 4, maxScore: 1, randomShare: 0 };
const input = { datasourceId: '1', cycle: 2, runId: 'run-2', seed: 1, rule, cycleRunId: '' };
let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(20);
  input.cycleRunId = await aRun(world);
  await world.set(0, 16, { split: 'train' });
  await world.set(16, 20, { split: 'test' });
  for (let index = 0; index < 20; index++)
    await world.set(index, index + 1, { predRun: 'run-2', predScore: (20 - index) / 20 });
});
afterEach(() => world.remove());

async function aRun({ tracker }: AnnotatedWorld): Promise<string> {
  const experimentId = await tracker.ensureExperiment('glyphs');
  const run = { experimentId, key: 'a', name: 'a', startTimeMs: 0, tags: {} };
  return (await tracker.ensureRun(run)).runId;
}

function chosen(): string[] {
  return Object.entries(world.column('selectedInCycle'))
    .filter(([, cycle]) => cycle === 2)
    .map(([path]) => path);
}

test('marks the lowest scores of the pool with cycle, reason and rank', async () => {
  const { selectBatch } = selectBatchActivity(world);
  expect(await runActivity(selectBatch, input)).toEqual({ selected: 4, pool: 16 });
  expect(world.column('selectedInCycle')).toEqual({ '12.png': 2, '13.png': 2, '14.png': 2, '15.png': 2 });
  expect(world.column('selectedRank')).toEqual({ '12.png': 3, '13.png': 2, '14.png': 1, '15.png': 0 });
  expect(new Set(Object.values(world.column('selectedAs')))).toEqual(new Set(['score']));
});

test('a second call changes nothing and answers alike', async () => {
  const { selectBatch } = selectBatchActivity(world);
  const mixed = { ...input, rule: { ...rule, maxImages: 8, randomShare: 0.5 } };
  const first = await runActivity(selectBatch, mixed);
  const before = world.rows();
  expect(await runActivity(selectBatch, mixed)).toEqual(first);
  expect(world.rows()).toEqual(before);
  expect(Object.values(world.column('selectedAs')).sort()).toEqual([
    ...new Array<string>(4).fill('random'),
    ...new Array<string>(4).fill('score'),
  ]);
});

test('sees neither annotated, nor asked, nor otherwise scored images, nor copies of the hold-out', async () => {
  await world.annotate(15, 16);
  await world.set(14, 15, { selectedInCycle: 1, selectedAs: 'score' });
  await world.set(13, 14, { predRun: 'run-1' });
  await world.set(12, 13, { nearHoldOut: '18.png' });
  const { selectBatch } = selectBatchActivity(world);
  expect(await runActivity(selectBatch, input)).toEqual({ selected: 4, pool: 12 });
  expect(chosen()).toEqual(['08.png', '09.png', '10.png', '11.png']);
});

test('an empty pool is an answer', async () => {
  const { selectBatch } = selectBatchActivity(world);
  expect(await runActivity(selectBatch, { ...input, runId: 'run-9' })).toEqual({ selected: 0, pool: 0 });
});

test('a score that is no score fails for good and names the image', async () => {
  await world.set(3, 4, { predScore: NaN });
  const { selectBatch } = selectBatchActivity(world);
  await expect(runActivity(selectBatch, input)).rejects.toMatchObject({
    type: 'DomainError',
    nonRetryable: true,
    message: 'The pred_score of "03.png" is NaN; it must be in 0..1.',
  });
});

test('images without objects get their share of the batch, whatever their column says', async () => {
  await world.set(0, 10, { predRun: 'run-1', split: 'train' });
  for (let index = 0; index < 10; index++)
    await world.set(index, index + 1, { predScore: index / 10, predBoxes: index < 4 ? 0 : 2 });
  const { selected } = await runActivity(selectBatchActivity(world).selectBatch, {
    datasourceId: '1',
    cycle: 1,
    runId: 'run-1',
    cycleRunId: input.cycleRunId,
    seed: 1,
    rule: { ...rule, emptyShare: 0.25 },
  });
  expect(selected).toBe(4);
  expect(Object.values(world.column('selectedAs')).sort()).toEqual(['empty', 'score', 'score', 'score']);
  expect(Object.keys(world.column('selectedAs')).slice(1)).toEqual(['04.png', '05.png', '06.png']);
});

test('holds no more of a large pool than a page and the batch', async () => {
  const paths = Array.from({ length: 12_000 }, (_, index) => `${index}.png`);
  const engine = new FakeDataEngine({ roots: { 's3://b': paths } });
  await engine.ensureDatasource({ name: 'x', rootUrl: 's3://b' });
  await engine.updateMetadata({
    datasourceId: '1',
    entries: paths.flatMap((path, index) => [
      { path, key: 'split', valueType: 'STRING' as const, value: 'train' },
      { path, key: 'pred_run', valueType: 'STRING' as const, value: 'run-2' },
      { path, key: 'pred_score', valueType: 'FLOAT' as const, value: (index % 1000) / 1000 },
    ]),
  });
  const alive = watchPages(engine);
  const { selectBatch } = selectBatchActivity({
    engine,
    tracker: world.tracker,
    chooser: world.chooser,
    workDir: world.workDir,
  });
  expect(await runActivity(selectBatch, input)).toEqual({ selected: 4, pool: 12_000 });
  expect(alive.largestPage).toBeLessThanOrEqual(5000);
  expect(alive.fields).toEqual(['pred_score', 'pred_boxes', 'selected_in_cycle', 'asked_before']);
  expect(alive.pages).toBe(3);
});

/** What is asked of an engine: pages of bounded size, only of the fields that are needed. */
function watchPages(engine: FakeDataEngine) {
  const seen = { pages: 0, largestPage: 0, fields: new Array<string>() };
  const query = engine.queryDatapoints.bind(engine);
  engine.queryDatapoints = async function* (input: DatapointQuery, signal) {
    seen.fields.push(...(input.select ?? ['everything']));
    for await (const page of query(input, signal)) {
      seen.pages += 1;
      seen.largestPage = Math.max(seen.largestPage, page.datapoints.length);
      yield page;
    }
  };
  return seen;
}
