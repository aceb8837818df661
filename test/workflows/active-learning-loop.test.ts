import { temporal as proto } from '@temporalio/proto';
import { firstState } from '../../core/loop-state.ts';
import { cycleHistoryQuery } from '../../workflows/messages.ts';
import { inputOf, runHistories, startLoop, untilPhase, type LoopHandle } from '../support/loop-runs.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';

/** What the Temporal UI shows at the head of the loop's page. */
async function currentDetailsOf(handle: LoopHandle): Promise<string> {
  return (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
}

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

describe('a loop of three cycles', () => {
  test('asks, trains, measures, infers, selects and asks again until the cycles are done', async () => {
    const stubs = new LoopStubs();
    const taskQueue = temporal.uniqueQueue();
    const spec = loopSpec({ stop: { cycles: 2 } });
    await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
      const handle = await startLoop(temporal.client, taskQueue, spec);
      const result = await handle.result();
      expect(result.ended).toBe('all 2 cycles are done');
      expect(result.history.map(({ cycle, selected, runId }) => ({ cycle, selected, runId }))).toEqual([
        { cycle: 1, selected: 2, runId: undefined },
        { cycle: 2, selected: 2, runId: undefined },
        { cycle: 3, selected: 0, runId: 'run-3' },
      ]);
      expect(await handle.query(cycleHistoryQuery)).toEqual(result.history);
      const status = await untilPhase(handle, 'done');
      expect(status).toMatchObject({ cycle: 3, ended: 'all 2 cycles are done', paused: false });
      expect(status.latest).toEqual(result.history[2]);
    });

    const steps = (cycle: string) => [
      'ensureDatasource',
      'assignSplits',
      `trainModel ${cycle}`,
      'evaluateModel',
      'planInference',
      'inferShard',
      'inferShard',
      `selectBatch ${cycle}`,
      `openReview ${cycle}`,
      'readReview',
      'collectAnnotations',
    ];
    expect(
      stubs.calls.map(({ activity, input }) => {
        const { cycle } = (input ?? {}) as { cycle?: number };
        return cycle === undefined ? activity : `${activity} ${cycle}`;
      }),
    ).toEqual([
      'checkConnections',
      'ensureDatasource',
      'assignSplits',
      'selectFirstBatch',
      'openReview 0',
      'openReview 0',
      'openReview 0',
      'readReview',
      'collectAnnotations',
      ...steps('1'),
      ...steps('2'),
      'ensureDatasource',
      'assignSplits',
      'trainModel 3',
      'evaluateModel',
    ]);
    expect(
      stubs.inputs('openReview').map(({ part, purposes, runId }) => ({ part, purposes, runId })),
    ).toEqual([
      { part: 'hold-out', purposes: ['hold-out'], runId: null },
      { part: 'validation', purposes: ['validation'], runId: null },
      { part: 'first', purposes: ['first'], runId: null },
      { part: 'batch', purposes: ['score', 'empty', 'random'], runId: 'run-1' },
      { part: 'batch', purposes: ['score', 'empty', 'random'], runId: 'run-2' },
    ]);
  });

  test('gives every run a state that is the same after a trip through JSON', async () => {
    const stubs = new LoopStubs();
    const taskQueue = temporal.uniqueQueue();
    const spec = loopSpec({ stop: { cycles: 1 } });
    await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
      const handle = await startLoop(temporal.client, taskQueue, spec);
      await handle.result();
      const histories = await runHistories(temporal.client, handle);
      const inputs = histories.map(inputOf);
      expect(inputs.map(({ cycle }) => cycle)).toEqual([0, 1, 2]);
      expect(inputs[0]).toEqual(firstState(spec));
      expect(inputs[1]).toEqual({
        ...firstState(spec),
        startedMs: expect.any(Number),
        cycle: 1,
        datasource: { id: '7', rootUrl: 's3://bucket/images' },
        images: { splits: { train: 12, valid: 6, test: 2 }, ungrouped: 0, foreign: 0 },
      });
      expect(inputs[2]).toEqual({
        ...inputs[1],
        cycle: 2,
        history: [
          {
            cycle: 1,
            trainLabels: 2,
            runId: 'run-1',
            runUrl: 'http://mlflow.invalid/run-1',
            modelVersion: '1',
            metric: { name: 'macro recall', value: 0.75, low: 0.5, high: 0.9 },
            others: { accuracy: 0.75 },
            holdOut: 2,
            selected: 2,
            unreadable: 0,
            champion: 1,
          },
        ],
      });
      for (const input of inputs) expect(JSON.parse(JSON.stringify(input))).toEqual(input);
    });
  });

  test('needs fewer than 100 events and 20 KB of history a cycle', async () => {
    const stubs = new LoopStubs();
    const taskQueue = temporal.uniqueQueue();
    await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
      const handle = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { cycles: 2 } }));
      await handle.result();
      for (const history of await runHistories(temporal.client, handle)) {
        expect(history.events?.length).toBeLessThan(100);
        expect(proto.api.history.v1.History.encode(history).finish().length).toBeLessThan(20_000);
      }
    });
  });

  test('names loop, phase, cycle and best metric for lists, and shows its state on its page', async () => {
    const stubs = new LoopStubs();
    stubs.answersAtOnce = false;
    const taskQueue = temporal.uniqueQueue();
    await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
      const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
      await untilPhase(handle, 'wait for annotations');
      const { typedSearchAttributes } = await handle.describe();
      expect(
        Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])),
      ).toMatchObject({
        LabelloopLoop: 'glyphs',
        LabelloopPhase: 'wait for annotations',
        LabelloopCycle: 1,
        LabelloopBestMetric: 0.75,
      });
      expect(await currentDetailsOf(handle)).toContain('**glyphs**: cycle 1, wait for annotations');
      await handle.terminate();
    });
  });
});

test("a labelling config of another project is copied once, and is the loop's own in every step and run", async () => {
  const copied = '<View><!-- Pets of 2025 --></View>';
  const stubs = new LoopStubs();
  const taskQueue = temporal.uniqueQueue();
  const spec = loopSpec({ stop: { cycles: 1 }, review: { copyFrom: 'Pets of 2025', minReadSeconds: 0 } });
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    await (await startLoop(temporal.client, taskQueue, spec)).result();
  });
  expect(stubs.inputs('copyLabelConfig')).toEqual([
    { title: 'Pets of 2025', scheme: { task: spec.task, classes: spec.classes } },
  ]);
  for (const name of ['openReview', 'inferShard', 'collectAnnotations'] as const)
    expect(stubs.inputs(name).map(({ scheme }) => scheme.labelConfig)).toEqual(
      stubs.inputs(name).map(() => copied),
    );
});

test('a cycle whose model loses against the champion infers, selects and pre-annotates with the champion', async () => {
  const reason =
    "significantly worse than cycle 1's model: macro recall −0.200, at most −0.100 with 95 % confidence";
  const stubs = new LoopStubs({
    evaluateModel: async ({ runId }) => ({
      holdOut: 2,
      metric: { name: 'macro recall', value: 0.75, low: 0.5, high: 0.9 },
      others: { accuracy: 0.75 },
      unreadable: 0,
      champion: { runId: 'run-1', cycle: 1, reason: runId === 'run-1' ? 'the first model' : reason },
    }),
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { cycles: 2 } }), {
      cycle: 1,
    });
    const { history } = await handle.result();
    expect(
      history.map(({ cycle, runId, champion, championReason }) => ({
        cycle,
        runId,
        champion,
        championReason,
      })),
    ).toEqual([
      { cycle: 1, runId: undefined, champion: 1, championReason: undefined },
      { cycle: 2, runId: undefined, champion: 1, championReason: undefined },
      { cycle: 3, runId: 'run-3', champion: 1, championReason: reason },
    ]);
    expect(await currentDetailsOf(handle)).toContain(`Champion: cycle 1's model; the newest is ${reason}`);
  });
  expect(stubs.inputs('trainModel').map(({ cycle }) => cycle)).toEqual([1, 2, 3]);
  expect(stubs.inputs('evaluateModel').map(({ runId }) => runId)).toEqual(['run-1', 'run-2', 'run-3']);
  for (const name of ['inferShard', 'selectBatch', 'openReview'] as const)
    expect(new Set(stubs.inputs(name).map(({ runId }) => runId))).toEqual(new Set(['run-1']));
});

test('an empty pool ends the loop with a sentence', async () => {
  const stubs = new LoopStubs({ selectBatch: async () => ({ selected: 0, pool: 0 }) });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec(), { cycle: 1 });
    expect((await handle.result()).ended).toBe('nothing is left in the pool that selection may ask');
  });
  expect(stubs.inputs('openReview')).toEqual([]);
});

test('a spent label budget and a reached metric end the loop before it infers', async () => {
  const stubs = new LoopStubs();
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const poor = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { labels: 2 } }), { cycle: 1 });
    expect((await poor.result()).ended).toBe('the budget of 2 labels is spent (2)');
    const good = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { metric: 0.5 } }), {
      cycle: 1,
    });
    expect((await good.result()).ended).toContain('macro recall is at least 0.500');
  });
  expect(stubs.inputs('planInference')).toEqual([]);
});

test('the last batch asks no more images than the label budget has left', async () => {
  const stubs = new LoopStubs();
  const taskQueue = temporal.uniqueQueue();
  const spec = loopSpec({ stop: { labels: 5, cycles: 1 }, selection: { maxImages: 50 } });
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, spec, { cycle: 1 });
    await handle.result();
  });
  expect(stubs.inputs('selectBatch').map(({ rule }) => rule.maxImages)).toEqual([3]);
});

test('every shard is inferred once, with at most 16 under way', async () => {
  let running = 0;
  let most = 0;
  let letGo = (): void => undefined;
  const sixteenAtOnce = new Promise<void>((resolve) => (letGo = resolve));
  const shards = Array.from({ length: 40 }, (_, index) => ({ after: String(index), images: 1 }));
  const stubs = new LoopStubs({
    planInference: async () => shards,
    inferShard: async () => {
      most = Math.max(most, ++running);
      if (most === 16) letGo();
      await sixteenAtOnce;
      running -= 1;
      return { predicted: 0, skipped: 0, unreadable: 1, examples: ['1.png: no image'] };
    },
    selectBatch: async () => ({ selected: 0, pool: 0 }),
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, taskQueue, loopSpec({ stop: { cycles: 1 } }), {
      cycle: 1,
    });
    const { history } = await handle.result();
    expect(history[0]).toMatchObject({ cycle: 1, unreadable: 40 });
    // A history holds a few reasons, however many there are.
    expect(history.map(({ setAside = [] }) => setAside.length)).toEqual([3]);
  });
  const seen = stubs.inputs('inferShard').map(({ shard }) => shard.after);
  expect(seen.sort()).toEqual(shards.map(({ after }) => after).sort());
  expect(most).toBe(16);
});
