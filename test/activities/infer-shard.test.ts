import { setTimeout as sleep } from 'node:timers/promises';
import { inferShardActivity } from '../../activities/infer-shard.ts';
import { planInferenceActivity } from '../../activities/plan-inference.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import { DomainError } from '../../core/errors.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import type { LoopScoreName } from '../../core/scores/score-names.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity, startActivity } from '../support/run-activity.ts';
import { trainingInput } from '../support/training-input.ts';

const datasource = { id: '1', rootUrl };
let world: AnnotatedWorld;
let runId: string;

/** Images 0–1 annotated for training, 2–3 for validation; the rest is the pool. */
async function worldWithModel(images: number): Promise<void> {
  world = await AnnotatedWorld.create(images);
  await world.set(0, images, { split: 'train' });
  await world.set(2, 4, { split: 'valid', selectedAs: 'validation' });
  await world.annotate(0, 4);
  const trained = await runActivity(trainModelActivity(world).trainModel, trainingInput);
  runId = trained.runId;
}
afterEach(() => world.remove());

function infer(shard = { after: null as string | null, images: 1000 }, score: LoopScoreName = 'margin') {
  return runActivity(inferShardActivity(world).inferShard, {
    runId,
    datasource,
    shard,
    rule: { score, boxes: defaultBoxRule },
    scheme,
  });
}

test('writes prediction, score and run of every image of the pool', async () => {
  await worldWithModel(12);
  world.runner.probabilities = (path) => (path < '08.png' ? [0.75, 0.25] : [0.4, 0.6]);
  expect(await infer()).toEqual({ predicted: 8, skipped: 0, unreadable: 0 });
  expect(Object.keys(world.column('predRun'))).toEqual(world.paths.slice(4));
  // Margin informativeness is 1 − (p₁ − p₂); pred_score is one minus that: p₁ − p₂.
  const scores = world.column('predScore');
  expect(scores['05.png']).toBeCloseTo(0.5, 12);
  expect(scores['11.png']).toBeCloseTo(0.2, 12);
  const blob = await world.engine.fetchBlob(String(world.column('prediction')['11.png']));
  expect(resultOfBlob(blob, 'it')).toMatchObject([
    { type: 'choices', from_name: 'choice', to_name: 'image', value: { choices: ['dog'] } },
  ]);
  expect(JSON.parse(new TextDecoder().decode(blob))).toMatchObject({
    prediction: [{ model_version: runId, score: expect.closeTo(0.2, 12) }],
  });
});

test('the shards of a plan cover the pool once, whatever page size the server has', async () => {
  await worldWithModel(27);
  const { planInference } = planInferenceActivity(world);
  for (const shardImages of [3, 4]) {
    world.runner.classified = [];
    await world.set(0, 27, { predRun: 'earlier' });
    for (const shard of await runActivity(planInference, { datasourceId: '1', shardImages }))
      await infer(shard);
    expect(world.runner.classified.sort()).toEqual(world.paths.slice(4));
  }
  // A shard of twelve comes in pages of five.
  await world.set(0, 27, { predRun: 'earlier' });
  expect(await infer({ after: null, images: 12 })).toMatchObject({ predicted: 12 });
});

test('a second call predicts nothing, and one after an accident what is left', async () => {
  await worldWithModel(12);
  await infer();
  const { written } = world;
  expect(await infer()).toEqual({ predicted: 0, skipped: 8, unreadable: 0 });
  expect(world.written).toBe(written);
  await world.set(9, 11, { predRun: 'other' });
  expect(await infer()).toEqual({ predicted: 2, skipped: 6, unreadable: 0 });
});

test('images that are gone or broken get a reason and no score, once', async () => {
  await worldWithModel(12);
  world.engine.addImage(rootUrl, '05.png', new TextEncoder().encode('broken'));
  const fetch = world.engine.fetchImage.bind(world.engine);
  world.engine.fetchImage = (image, signal) =>
    image.path === '06.png'
      ? Promise.reject(new DomainError('There is no image 06.png.'))
      : fetch(image, signal);
  expect(await infer()).toEqual({
    predicted: 6,
    skipped: 0,
    unreadable: 2,
    examples: ['06.png: There is no image 06.png.', '05.png: no image'],
  });
  expect(world.column('predError')).toEqual({
    '05.png': `${runId}: no image`,
    '06.png': `${runId}: There is no image 06.png.`,
  });
  expect(Object.keys(world.column('predScore'))).toEqual(
    world.paths.slice(4).filter((path) => path !== '05.png' && path !== '06.png'),
  );
  expect(await infer()).toEqual({ predicted: 0, skipped: 6, unreadable: 2 });
});

test('holds no more than 64 images at a time, however large the shard', async () => {
  await worldWithModel(299);
  let held = 0;
  let most = 0;
  const fetch = world.engine.fetchImage.bind(world.engine);
  world.engine.fetchImage = async (image, signal) => {
    most = Math.max(most, ++held);
    return fetch(image, signal);
  };
  world.runner.beforeAnswer = async (items) => {
    await sleep(1); // Fetching could run ahead.
    held -= items.length;
  };
  expect(await infer()).toMatchObject({ predicted: 295 });
  expect(most).toBeGreaterThan(16);
  expect(most).toBeLessThanOrEqual(64);
});

test('images are fetched while others are predicted, and predicted while others are written', async () => {
  await worldWithModel(299);
  const underWay = new Set<string>();
  const together = new Set<string>();
  const during = async <Result>(step: string, work: () => Promise<Result>): Promise<Result> => {
    underWay.add(step);
    together.add([...underWay].sort().join(' and '));
    await sleep(1);
    return work().finally(() => underWay.delete(step));
  };
  const { engine } = world;
  const fetch = engine.fetchImage.bind(engine);
  engine.fetchImage = (image, signal) => during('fetch', () => fetch(image, signal));
  const update = engine.updateMetadata.bind(engine);
  engine.updateMetadata = (input, signal) => during('write', () => update(input, signal));
  world.runner.beforeAnswer = () => during('predict', () => sleep(5));
  await infer();
  expect([...together]).toEqual(expect.arrayContaining(['fetch and predict', 'predict and write']));
});

test('a model whose output is no probability fails for good, naming run and image', async () => {
  await worldWithModel(6);
  world.runner.probabilities = () => [0.9, 0.9];
  await expect(infer()).rejects.toMatchObject({
    nonRetryable: true,
    message: `The model of run ${runId} answers no image with probabilities: that to "04.png" sums to 1.8000; probabilities sum to 1 ± 0.001. Where an image may have several classes, selection.score is multi-label-mean or multi-label-max.`,
  });
  expect(world.column('predRun')).toEqual({});
});

test('an answer that holds no probabilities is set aside with its reason, once, and the loop goes on', async () => {
  await worldWithModel(12);
  const broken: Record<string, number[]> = { '05.png': [NaN, NaN], '07.png': [0.9, 0.9] };
  world.runner.probabilities = (path) => broken[path] ?? [0.75, 0.25];
  expect(await infer()).toMatchObject({ predicted: 6, skipped: 0, unreadable: 2 });
  expect(world.column('predError')).toEqual({
    '05.png': `${runId}: the model's answer holds NaN, which is no probability (0..1)`,
    '07.png': `${runId}: the model's answer sums to 1.8000; probabilities sum to 1 ± 0.001`,
  });
  expect(Object.keys(world.column('predScore'))).not.toContain('05.png');
  expect(Object.keys(world.column('predRun'))).not.toContain('07.png');
  expect(await infer()).toEqual({ predicted: 0, skipped: 6, unreadable: 2 });
});

test('the only image of a chunk is set aside too: one answer does not tell that the model is broken', async () => {
  await worldWithModel(5);
  world.runner.probabilities = () => [NaN, NaN];
  expect(await infer()).toMatchObject({ predicted: 0, skipped: 0, unreadable: 1 });
});

test('a model without the output that the score needs fails for good, naming both', async () => {
  await worldWithModel(6);
  await expect(infer(undefined, 'bald')).rejects.toMatchObject({
    nonRetryable: true,
    message: `Run ${runId}: The model has no output "draws", which the score bald needs; choose another selection.score.`,
  });
});

test('an image without objects is marked as such, over what an earlier model thought of it', async () => {
  await worldWithModel(6);
  await world.set(4, 6, { predScore: 0.01, predBoxes: 3 });
  world.runner.detections = (path) =>
    path === '04.png' ? [] : [{ label: 'cat', score: 0.6, boxPx: [1, 1, 20, 20] }];
  const objects = { ...scheme, task: 'detection' as const };
  await runActivity(inferShardActivity(world).inferShard, {
    runId,
    datasource,
    shard: { after: null, images: 1000 },
    rule: { score: 'margin', boxes: defaultBoxRule },
    scheme: objects,
  });
  expect(world.column('predBoxes')).toEqual({ '04.png': 0, '05.png': 1 });
  // 1 − (1 − |2 · 0.6 − 1|); without objects it is last by the column alone.
  expect(world.column('predScore')).toEqual({ '04.png': 1, '05.png': expect.closeTo(0.2, 12) });
});

test('a model is downloaded once a machine', async () => {
  await worldWithModel(12);
  await Promise.all([infer({ after: null, images: 2 }), infer({ after: null, images: 2 })]);
  const { getArtifact } = world.tracker.calls;
  await infer();
  expect(world.tracker.calls['getArtifact']).toBe(getArtifact);
  await world.loseDisk();
  await infer();
  expect(world.tracker.calls['getArtifact']).toBe(getArtifact! + 2);
});

test('an image whose pixels are kept is sent again only when its file has changed', async () => {
  await worldWithModel(12);
  const { engine, runner } = world;
  const first = await engine.fetchImageUnless({ rootUrl, path: '05.png', known: null });
  const pixels = new TextEncoder().encode('kept');
  const size = { pixels, widthPx: 1, heightPx: 1, thumbnail: new Uint8Array(256) };
  runner.kept.set(`${rootUrl}/05.png`, { ...size, version: first!.version! });
  runner.kept.set(`${rootUrl}/06.png`, { ...size, version: 'of last week' });
  const seen = new Map<string, string>();
  runner.beforeAnswer = async (items) => {
    for (const item of items)
      seen.set(item.id, new TextDecoder().decode('pixels' in item ? item.pixels : item.bytes));
  };
  expect(await infer()).toMatchObject({ predicted: 8 });
  expect([seen.get('05.png'), seen.get('06.png'), seen.get('07.png')]).toEqual(['kept', '06.png', '07.png']);
});

test('cancelling stops the pipeline, and leaves whole rows', async () => {
  await worldWithModel(299);
  const run = startActivity(inferShardActivity(world).inferShard, {
    runId,
    datasource,
    shard: { after: null, images: 1000 },
    rule: { score: 'margin' as const, boxes: defaultBoxRule },
    scheme,
  });
  const fetch = world.engine.fetchImage.bind(world.engine);
  let fetched = 0;
  world.engine.fetchImage = (image, signal) => {
    if (++fetched === 200) run.cancel();
    return fetch(image, signal);
  };
  await expect(run.result).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(fetched).toBeLessThan(299);
  const done = Object.keys(world.column('predRun'));
  expect(done.length % 64).toBe(0);
  expect(done.length).toBeGreaterThan(0);
  expect(Object.keys(world.column('predScore'))).toEqual(expect.arrayContaining(done));
});

test('an image that is a near copy of one of the hold-out is predicted, and marked as not to be asked', async () => {
  await worldWithModel(12);
  const picture = (seed: number) =>
    Uint8Array.from({ length: 256 }, (_, at) => 128 + 100 * Math.sin(seed * at));
  await world.set(4, 5, {
    split: 'test',
    selectedAs: 'hold-out',
    thumbnail: Buffer.from(picture(3)).toString('base64'),
  });
  const load = world.runner.load.bind(world.runner);
  world.runner.load = async (folder) => {
    const model = await load(folder);
    return {
      ...model,
      classify: async (items, signal) =>
        (await model.classify(items, signal)).map((one) => ({
          ...one,
          thumbnail: picture(one.id === '07.png' ? 3 : Number(one.id.slice(0, -4))),
        })),
    };
  };
  expect(await infer()).toEqual({ predicted: 7, skipped: 0, unreadable: 0 });
  expect(world.column('nearHoldOut')).toEqual({ '07.png': '04.png' });
});
