import { setTimeout as sleep } from 'node:timers/promises';
import { inferShardActivity } from '../../activities/infer-shard.ts';
import { selectBatchActivity } from '../../activities/select-batch.ts';
import { SelectionHistory } from '../../activities/selection-history.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import type { BatchRule } from '../../core/selection/batch-rule.ts';
import { explanation } from '../../core/selection/explanation.ts';
import { firstDifference } from '../../core/selection/first-difference.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';

const spec = loopSpec();
const datasource = { id: '1', rootUrl };
const { signal } = new AbortController();
let world: AnnotatedWorld;
let runId: string;
let history: SelectionHistory;
afterEach(() => world.remove());

/** Images 0–11 are labelled for training, 12–13 for validation; a batch of 6 is chosen from the rest, and the loop goes on. */
async function afterACycle(rule: Partial<BatchRule>): Promise<void> {
  world = await AnnotatedWorld.create(60, { pageImages: 1000 });
  history = new SelectionHistory(world, spec);
  await world.set(0, 60, { split: 'train' });
  await world.set(12, 14, { split: 'valid', selectedAs: 'validation', selectedInCycle: 0 });
  await world.annotate(0, 14);
  const trained = await runActivity(trainModelActivity(world).trainModel, {
    workflowId: loopWorkflowId(spec),
    loop: spec.loop,
    cycle: 1,
    repo: spec.repo,
    datasource: { ...datasource, name: 'glyphs' },
    scheme,
    seed: 1,
    training: spec.training,
    startTimeMs: 1_700_000_000_000,
  });
  runId = trained.runId;
  await runActivity(inferShardActivity(world).inferShard, {
    runId,
    datasource,
    shard: { after: null, images: 100 },
    rule: { score: 'margin', boxes: defaultBoxRule },
    scheme,
    embedFor: 1,
  });
  await runActivity(selectBatchActivity(world).selectBatch, {
    datasourceId: '1',
    cycle: 1,
    runId,
    cycleRunId: runId,
    seed: 1,
    rule: { strategy: 'two-stage', maxImages: 6, maxScore: 1, randomShare: 0.34, ...rule },
    scheme,
  });
  // What comes later falls into another second.
  await sleep(1000 - (Date.now() % 1000));
  const asked = Object.keys(world.column('selectedRank')).map((path) => world.paths.indexOf(path));
  for (const index of asked) await world.annotate(index, index + 1);
  await world.set(14, 60, { predRun: 'the next', predScore: 0.5 });
}

test.each([
  { strategy: 'two-stage', nearDuplicates: 0.999, quotas: { cat: 2 } },
  { strategy: 'top-k' },
] as const)(
  'a batch of $strategy is chosen again, byte for byte, when the loop has long gone on',
  async (rule) => {
    await afterACycle(rule);
    const record = await history.record(1, signal);
    const again = await history.again(record, signal);
    expect(again.chosen).toHaveLength(6);
    expect(JSON.stringify(again.chosen)).toBe(JSON.stringify(record.chosen));
    expect(firstDifference(record, again)).toBeNull();
    // As records were before they had clusters.
    const older = record.chosen.map(({ cluster: _, ...row }) => row);
    expect(firstDifference({ ...record, chosen: older }, again)).toBeNull();
  },
);

test('a record or an artifact that was tampered with is found out', async () => {
  await afterACycle({});
  const record = await history.record(1, signal);
  const again = await history.again(record, signal);
  const [first, second, ...rest] = record.chosen;
  expect(firstDifference({ ...record, chosen: [second!, first!, ...rest] }, again)).toBe(
    `Place 1 is "${second!.path}" in the record, and "${first!.path}" when chosen again.`,
  );
  expect(firstDifference({ ...record, chosen: record.chosen.slice(0, 5) }, again)).toBe(
    `Place 6 is nobody in the record, and "${record.chosen[5]!.path}" when chosen again.`,
  );
  const prettier = { ...first!, predScore: 0 };
  expect(firstDifference({ ...record, chosen: [prettier, second!, ...rest] }, again)).toMatch(
    /^Place 1 holds the same image, but the record says .*"predScore":0,/,
  );
  const otherSeed = await history.again({ ...record, seed: 2 }, signal);
  expect(firstDifference(record, otherSeed)).toMatch(/^Place \d is/);
  const { artifacts } = world.tracker.run(runId);
  const [vectors = ''] = [...artifacts.keys()].filter((path) => path.endsWith('.arrow'));
  const bytes = Uint8Array.from(artifacts.get(vectors)!);
  for (let at = 400; at < bytes.length - 800; at += 4) bytes[at + 3]! ^= 0x80;
  artifacts.set(vectors, bytes);
  await expect(
    history
      .again(record, signal)
      .then((one) => firstDifference(record, one) ?? Promise.reject(new Error('same'))),
  ).resolves.toMatch(/^Place/);
});

test('a cycle without a record, and a record that is broken, are named', async () => {
  await afterACycle({ strategy: 'top-k' });
  await expect(history.record(2, signal)).rejects.toThrow('The loop "glyphs" has no MLflow run of cycle 2.');
  world.tracker.run(runId).artifacts.set('selection.json', new TextEncoder().encode('{"version":1}'));
  await expect(history.record(1, signal)).rejects.toThrow(
    /^selection\.json of MLflow run \w+ is broken at strategy/,
  );
});

test('an image is explained from what the systems hold', async () => {
  await afterACycle({});
  const record = await history.record(1, signal);
  const explained = async (path: string) =>
    explanation({ path, fields: (await history.image(path, signal)).fields, record });
  const [asked] = record.chosen;
  const sentences = await explained(asked!.path);
  expect(sentences[0]).toBe(`"${asked!.path}" was chosen in cycle 1 as number 1 of 6, by two-stage.`);
  expect(sentences[1]).toMatch(
    /^Its pred_score was 0\.\d{3} \(0 is asked first\), and the model took it for (cat|dog)\.$/,
  );
  expect(sentences[3]).toMatch(
    /^There were 46 images to choose from, scored by the model of MLflow run \w+, with vectors of 3 numbers by the model;/,
  );
  expect((await explained('12.png'))[0]).toMatch(/^"12\.png" is part of the validation set: drawn at random/);
  expect(await explained('03.png')).toEqual(['"03.png" was never asked: it came with its annotation.']);
  const late = record.passedOver.find(({ why }) => why === 'full');
  expect((await explained(late!.path))[0]).toBe(
    `"${late!.path}" was not chosen in cycle 1: it came up as number 1 after the batch of 6 was full.`,
  );
  expect(await history.newestCycle(signal)).toBe(1);
  await expect(history.image('nowhere.png', signal)).rejects.toThrow(
    'There is no image "nowhere.png" in the datasource "glyphs".',
  );
});
