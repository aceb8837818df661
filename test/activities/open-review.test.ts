import { openReviewActivity, type OpenReviewInput } from '../../activities/open-review.ts';
import { predictionBlob } from '../../core/annotation-blob.ts';
import { DomainError } from '../../core/errors.ts';
import { isBlind } from '../../core/pre-annotation/blind-rule.ts';
import { choiceResult } from '../../core/results.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

const input: OpenReviewInput = {
  workflowId: 'labelloop.team/x',
  loop: 'glyphs',
  cycle: 1,
  part: 'batch',
  purposes: ['score', 'random'],
  datasource: { id: '1', rootUrl },
  scheme,
  runId: 'run-1',
};
let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(8);
  for (let index = 0; index < 4; index++)
    await world.set(index, index + 1, { selectedInCycle: 1, selectedAs: 'score', selectedRank: 3 - index });
  await world.set(4, 5, { selectedInCycle: 1, selectedAs: 'random', selectedRank: 4 });
  await world.set(5, 6, { selectedInCycle: 1, selectedAs: 'first', selectedRank: 5 });
  await world.set(6, 7, { selectedInCycle: 0, selectedAs: 'score', selectedRank: 6 });
  await predict(0, 'run-1');
  await predict(1, 'run-0');
});
afterEach(() => world.remove());

async function predict(index: number, runId: string): Promise<void> {
  const path = world.paths[index]!;
  const result = choiceResult({ fromName: 'choice', toName: 'image', label: 'dog', key: path });
  const value = predictionBlob({ imageUrl: 'x', result, score: 0.25, modelVersion: runId });
  await world.engine.updateMetadata({
    datasourceId: '1',
    entries: [
      { path, key: 'prediction', valueType: 'BLOB', value },
      { path, key: 'pred_run', valueType: 'STRING', value: runId },
      { path, key: 'pred_score', valueType: 'FLOAT', value: 0.25 },
    ],
  });
}

function open(change: Partial<OpenReviewInput> = {}) {
  return runActivity(openReviewActivity(world).openReview, { ...input, ...change });
}

test("opens a project with a task for each of the batch's images, lowest rank first", async () => {
  const review = await open();
  expect(review).toEqual({
    projectId: 1,
    url: 'http://fake.invalid/projects/1/data',
    title: 'glyphs cycle 1 batch',
    cycle: 1,
    purposes: ['score', 'random'],
    tasks: 5,
  });
  const { tasks, labelConfig } = world.board.project(1);
  expect(tasks.map(({ key }) => key)).toEqual(['03.png', '02.png', '01.png', '00.png', '04.png']);
  expect(tasks[0]?.imageUrl).toBe(world.engine.downloadUrl({ rootUrl, path: '03.png' }));
  expect(labelConfig).toContain('<Choice value="dog"/>');
});

test('of what a strategy chose none comes right after what looks like it; the rest keeps its place', async () => {
  // By rank: 03, 02, 01, 00 by the strategy, and 04 at random.
  await world.set(2, 4, { selectedCluster: '03.png' });
  await world.set(0, 2, { selectedCluster: '01.png' });
  await world.set(4, 5, { selectedCluster: '04.png' });
  await open();
  expect(world.board.project(1).tasks.map(({ key, cluster }) => [key, cluster])).toEqual([
    ['03.png', '03.png'],
    ['01.png', '01.png'],
    ['02.png', '03.png'],
    ['00.png', '01.png'],
    ['04.png', '04.png'],
  ]);
});

test("pre-annotates with this run's predictions only", async () => {
  await open();
  const predicted = world.board.project(1).tasks.filter(({ predictions }) => predictions.length > 0);
  expect(predicted.map(({ key, predictions }) => [key, predictions])).toEqual([
    ['00.png', [expect.objectContaining({ modelVersion: 'run-1', score: 0.25 })]],
  ]);
});

test('hold-out and validation are answered unaided', async () => {
  await open({ runId: null });
  expect(world.board.project(1).tasks.flatMap(({ predictions }) => predictions)).toEqual([]);
});

test('a second call makes no second project, task or prediction, and answers alike', async () => {
  const first = await open();
  const before = structuredClone(world.board.project(1));
  expect(await open()).toEqual(first);
  expect(world.board.project(1)).toEqual(before);
});

test('asks nothing that is annotated, and opens nothing for nothing', async () => {
  await world.annotate(0, 2);
  expect(await open()).toMatchObject({ tasks: 3 });
  await world.annotate(0, 8);
  expect(await open({ part: 'other' })).toBeNull();
  expect(world.board.projectsTitled('glyphs cycle 1 other')).toEqual([]);
});

test('tells Label Studio where to send its events, if there is a place', async () => {
  await open();
  expect(world.board.project(1).webhooks).toEqual([
    {
      url: 'http://127.0.0.1:9/webhooks/label-studio/labelloop.team%2Fx',
      headers: { 'X-Labelloop-Secret': 'hush' },
    },
  ]);
  const { engine, board, workDir } = world;
  await runActivity(openReviewActivity({ engine, board, workDir }).openReview, { ...input, part: 'poll' });
  const [polled] = world.board.projectsTitled('glyphs cycle 1 poll');
  expect(world.board.project(polled!).webhooks).toEqual([]);
});

test('a labelling config that misses a class is final, before anything is made', async () => {
  const labelConfig = `<View><Image name="i" value="$image"/><Choices name="c" toName="i"><Choice value="cat"/></Choices></View>`;
  await expect(open({ scheme: { ...scheme, labelConfig } })).rejects.toMatchObject({
    type: 'DomainError',
    nonRetryable: true,
    message: expect.stringContaining('misses "dog"'),
  });
  expect(world.board.calls['ensureProject']).toBeUndefined();
});

test('no error of the board holds the secret', async () => {
  world.board.failNext('ensureWebhook', new DomainError('Label Studio: POST /api/webhooks/: 400 bad url'));
  const error: unknown = await open().catch((reason: unknown) => reason);
  expect(JSON.stringify(error)).not.toContain('hush');
});

test('a blind share is asked without its prediction, and marked as such', async () => {
  for (const index of [1, 2, 3, 4]) await predict(index, 'run-1');
  const blind = { share: 0.5, seed: 1 };
  await open({ blind });
  const { tasks } = world.board.project(1);
  const unaided = tasks.filter(({ predictions }) => predictions.length === 0).map(({ key }) => key);
  expect(unaided).toEqual(tasks.map(({ key }) => key).filter((key) => isBlind(key, blind)));
  expect(unaided.length).toBeGreaterThan(0);
  expect(unaided.length).toBeLessThan(tasks.length);
  expect(Object.keys(world.column('askedBlind')).sort()).toEqual(unaided.sort());
});

test('what nobody sees a prediction of is not marked', async () => {
  await open({ runId: null, blind: { share: 1, seed: 1 } });
  expect(world.column('askedBlind')).toEqual({});
});
