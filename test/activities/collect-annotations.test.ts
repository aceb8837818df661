import { collectAnnotationsActivity } from '../../activities/collect-annotations.ts';
import { predictionBlob, resultOfBlob } from '../../core/annotation-blob.ts';
import { ServiceUnavailableError } from '../../core/errors.ts';
import { choiceOf } from '../../core/results.ts';
import type { FakeRun } from '../support/fake-experiment-tracker.ts';
import { trainingInput } from '../support/training-input.ts';
import { createActivities } from '../../activities/index.ts';
import { Ledger } from '../../core/ledger/ledger.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

let world: AnnotatedWorld;
let projectId: number;
beforeEach(async () => {
  world = await AnnotatedWorld.create(8);
  await world.set(0, 6, { selectedInCycle: 2, selectedAs: 'score' });
  projectId = await world.board.ensureProject({
    title: 'glyphs cycle 2 batch',
    description: '',
    labelConfig: '<View/>',
  });
  const tasks = world.paths.slice(0, 6).map((key) => ({ key, imageUrl: `http://images.invalid/${key}` }));
  await world.board.ensureTasks({ projectId, tasks });
});
afterEach(() => world.remove());

function answer(key: string, label: string) {
  return world.board.answer(projectId, key, said(label, key));
}

function collect(cycle = 2) {
  const { collectAnnotations } = collectAnnotationsActivity(world);
  return runActivity(collectAnnotations, {
    loop: 'glyphs',
    datasourceId: '1',
    scheme,
    reviews: [{ projectId, cycle }],
  });
}

async function labels(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [path, hash] of Object.entries(world.column('annotation')))
    found[path] = choiceOf(resultOfBlob(await world.engine.fetchBlob(String(hash)), path), classes, path);
  return found;
}

test('writes answers, counts skips and open tasks', async () => {
  const { id, updatedAt } = answer('00.png', 'cat');
  answer('01.png', 'dog');
  world.board.skip(projectId, '02.png');
  expect(await collect()).toEqual([{ projectId, collected: 2, unchanged: 0, skipped: 1, open: 3 }]);
  expect(await labels()).toEqual({ '00.png': 'cat', '01.png': 'dog' });
  expect(world.column('annotatedInCycle')).toEqual({ '00.png': 2, '01.png': 2 });
  expect(world.column('annotationSource')['00.png']).toBe(`${projectId}/${id}@${updatedAt}`);
});

test('a second call writes nothing; a corrected and a late answer are written', async () => {
  answer('00.png', 'cat');
  answer('01.png', 'cat');
  await collect();
  const { written } = world;
  expect(await collect()).toEqual([{ projectId, collected: 0, unchanged: 2, skipped: 0, open: 4 }]);
  expect(world.written).toBe(written);

  world.board.revise(projectId, '01.png', said('dog', '01.png'));
  answer('05.png', 'dog');
  expect(await collect()).toEqual([{ projectId, collected: 2, unchanged: 1, skipped: 0, open: 3 }]);
  expect(await labels()).toEqual({ '00.png': 'cat', '01.png': 'dog', '05.png': 'dog' });
});

test('of several answers the newest counts, and a skip after an answer takes nothing away', async () => {
  answer('00.png', 'cat');
  answer('00.png', 'dog');
  answer('01.png', 'cat');
  world.board.skip(projectId, '01.png');
  await collect();
  expect(await labels()).toEqual({ '00.png': 'dog', '01.png': 'cat' });
});

test('an answer sent without a choice counts as a skip, and the loop goes on', async () => {
  world.board.answer(projectId, '00.png', []);
  answer('01.png', 'cat');
  expect(await collect()).toEqual([{ projectId, collected: 1, unchanged: 0, skipped: 1, open: 4 }]);
  expect(await labels()).toEqual({ '01.png': 'cat' });
});

test('an unknown class holds up nothing: it is told, and collected once it is corrected', async () => {
  const { id } = answer('00.png', 'cow');
  answer('01.png', 'dog');
  const [task] = world.board.project(projectId).tasks;
  const reason = `Annotation ${id} of task ${task!.id} in Label Studio project ${projectId} names the class "cow"; the loop knows "cat", "dog".`;
  expect(await collect()).toEqual([
    { projectId, collected: 1, unchanged: 0, skipped: 0, open: 5, refused: [reason] },
  ]);
  expect(await labels()).toEqual({ '01.png': 'dog' });
  expect(world.column('annotationSource')).not.toHaveProperty('00.png');

  world.board.revise(projectId, '00.png', said('cat', '00.png'));
  expect(await collect()).toEqual([{ projectId, collected: 1, unchanged: 1, skipped: 0, open: 4 }]);
  expect(await labels()).toEqual({ '00.png': 'cat', '01.png': 'dog' });
});

test('several reviews are collected each for its cycle', async () => {
  await world.set(6, 8, { selectedInCycle: 1, selectedAs: 'first' });
  const earlier = await world.board.ensureProject({
    title: 'glyphs cycle 1 batch',
    description: '',
    labelConfig: '<View/>',
  });
  await world.board.ensureTasks({ projectId: earlier, tasks: [{ key: '06.png', imageUrl: 'x' }] });
  world.board.answer(earlier, '06.png', said('cat', '06.png'));
  answer('00.png', 'dog');
  const { collectAnnotations } = collectAnnotationsActivity(world);
  const reviews = [
    { projectId: earlier, cycle: 1 },
    { projectId, cycle: 2 },
  ];
  const collected = await runActivity(collectAnnotations, {
    loop: 'glyphs',
    datasourceId: '1',
    scheme,
    reviews,
  });
  expect(collected.map(({ open }) => open)).toEqual([0, 5]);
  expect(world.column('annotatedInCycle')).toEqual({ '00.png': 2, '06.png': 1 });
});

test("what people made of a model's suggestions is in its run, once, however often it is collected", async () => {
  const { tracker } = world;
  const experimentId = await tracker.ensureExperiment('glyphs');
  const run = { experimentId, key: 'cycle 2', name: 'cycle 2', startTimeMs: 0, tags: {} };
  const { runId } = await tracker.ensureRun(run);
  suggest(['cat', 'cat', 'dog'], runId);
  world.board.answerSuggestion(projectId, '00.png', said('cat', '00.png'));
  const { updatedAt } = world.board.answerSuggestion(projectId, '01.png', said('dog', '01.png'));
  answer('02.png', 'cat');
  await collect();
  await collect();
  const metric = { step: 2, timestampMs: Date.parse(updatedAt) };
  expect(tracker.allRuns()[0]!.metrics.filter(({ key }) => !key.includes('annotator'))).toEqual([
    { key: 'review/answers', value: 2, ...metric },
    { key: 'review/accepted_share', value: 0.5, ...metric },
    { key: 'review/edit_distance', value: 0.5, ...metric },
    { key: 'review/lead_seconds', value: 2.5, ...metric },
    { key: 'review/agreement', value: 0.5, ...metric },
  ]);
});

test('a run that is gone, and a suggestion of a class that the loop does not have, cost no annotation', async () => {
  suggest(['cow', 'cat'], 'gone');
  world.board.answerSuggestion(projectId, '00.png', said('cat', '00.png'));
  world.board.answerSuggestion(projectId, '01.png', said('cat', '01.png'));
  expect(await collect()).toMatchObject([{ collected: 2 }]);
  expect(await labels()).toEqual({ '00.png': 'cat', '01.png': 'cat' });
});

/** Pre-annotates the first tasks. */
function suggest(suggested: readonly string[], modelVersion: string): void {
  const { tasks } = world.board.project(projectId);
  suggested.forEach((label, index) => {
    const { key, predictions } = tasks[index]!;
    predictions.push({ modelVersion, score: 0.5, result: said(label, key) });
  });
}

async function ledgerOf(path: string) {
  const hash = world.column('ledger')[path];
  return Ledger.read(await world.engine.fetchBlob(String(hash)), path).entries;
}

test('the ledger keeps what everybody said, corrections and deletions too, also when the project is gone', async () => {
  const first = answer('00.png', 'cat');
  world.board.skip(projectId, '00.png');
  await collect();
  const revised = world.board.revise(projectId, '00.png', said('dog', '00.png'));
  await collect();
  world.board.retract(projectId, '00.png');
  await collect();
  world.board.deleteProject(projectId);
  expect(await ledgerOf('00.png')).toMatchObject([
    { event: 'sent', cycle: 2, project: projectId, purpose: 'score' },
    { event: 'answered', annotation: first.id, annotator: 1, result: said('cat', '00.png') },
    { event: 'skipped', annotation: revised.id },
    { event: 'skipped', annotation: revised.id, updatedAt: revised.updatedAt },
    { event: 'deleted', annotation: revised.id, updatedAt: revised.updatedAt },
  ]);
});

test('the ledger tells what was taken back unanswered, and why', async () => {
  answer('00.png', 'cat');
  await collect();
  const { collectAnnotations } = collectAnnotationsActivity(world);
  const reviews = [{ projectId, cycle: 2, withdraw: 'the review was closed' }];
  const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews };
  expect(await runActivity(collectAnnotations, input)).toMatchObject([{ withdrawn: 5 }]);
  expect((await ledgerOf('00.png')).map(({ event }) => event)).toEqual(['sent', 'answered']);
  expect(await ledgerOf('01.png')).toMatchObject([
    { event: 'sent', cycle: 2 },
    { event: 'withdrawn', cycle: 2, project: projectId, why: 'the review was closed' },
  ]);
});

test('where every answer is deleted, or its task, the annotation is cleared and asked for again', async () => {
  answer('00.png', 'cat');
  answer('01.png', 'dog');
  answer('02.png', 'dog');
  await collect();
  world.board.retract(projectId, '00.png');
  world.board.deleteTask(projectId, '01.png');
  expect(await collect()).toEqual([
    { projectId, collected: 0, unchanged: 1, skipped: 0, open: 4, cleared: 2 },
  ]);
  expect(await labels()).toEqual({ '02.png': 'dog' });
  for (const field of ['annotationSource', 'annotatedInCycle', 'predLoss'] as const)
    expect(Object.keys(world.column(field)).filter((path) => path < '02.png')).toEqual([]);
  expect((await ledgerOf('01.png')).map(({ event }) => event)).toEqual(['sent', 'answered', 'deleted']);
});

test('late corrections in reviews that are left behind are found by what changed in them since', async () => {
  for (const path of world.paths.slice(0, 6)) answer(path, 'cat');
  await collect();
  world.board.revise(projectId, '04.png', said('dog', '04.png'));
  world.board.retract(projectId, '05.png');
  await world.set(6, 8, { selectedInCycle: 3, selectedAs: 'score' });
  const next = await world.board.ensureProject({
    title: 'glyphs cycle 3 batch',
    description: '',
    labelConfig: '<View/>',
  });
  await world.board.ensureTasks({ projectId: next, tasks: [{ key: '06.png', imageUrl: 'x' }] });
  const { collectAnnotations } = collectAnnotationsActivity(world);
  const reviews = [{ projectId: next, cycle: 3 }];
  const input = { loop: 'glyphs', datasourceId: '1', scheme, reviews };
  expect(await runActivity(collectAnnotations, input)).toMatchObject([
    { projectId: next, open: 1 },
    { projectId, collected: 1, open: 1, cleared: 1 },
  ]);
  expect(await labels()).toEqual({
    ...Object.fromEntries(world.paths.slice(0, 4).map((path) => [path, 'cat'])),
    '04.png': 'dog',
  });
  const { written } = world;
  expect(await runActivity(collectAnnotations, input)).toHaveLength(1);
  expect(world.written).toBe(written);

  // A deleted task moves no task's time: the whole review tells.
  world.board.deleteTask(projectId, '03.png');
  expect(await runActivity(collectAnnotations, input)).toHaveLength(1);
  const again = await runActivity(collectAnnotations, { ...input, reviews: [], whole: true });
  expect(again).toMatchObject([{ projectId, collected: 0, cleared: 1 }]);
});

test('models that learnt from a label that is another now are marked, and no longer once it is corrected back', async () => {
  await world.set(0, 6, { split: 'train' });
  await world.set(6, 8, { split: 'valid', selectedAs: 'validation' });
  await world.annotate(6, 8);
  answer('00.png', 'cat');
  answer('01.png', 'dog');
  await collect();
  await runActivity(createActivities(world).trainModel, trainingInput);
  const [{ runId, tags }] = world.tracker.allRuns() as [FakeRun];

  world.board.revise(projectId, '00.png', said('dog', '00.png'));
  answer('02.png', 'dog');
  expect(await collect()).toMatchObject([{ collected: 2, stale: [1] }]);
  const text = 'learnt from 1 label corrected or deleted since';
  expect(tags['labelloop.stale']).toBe(text);
  expect(world.tracker.modelVersions('glyphs')).toMatchObject([{ runId, tags: { 'labelloop.stale': text } }]);

  world.board.retract(projectId, '01.png');
  await collect();
  expect(tags['labelloop.stale']).toBe('learnt from 2 labels corrected or deleted since');
  const stale = new TextDecoder().decode(world.tracker.run(runId).artifacts.get('stale.json'));
  expect(JSON.parse(stale)).toEqual({ labels: ['00.png', '01.png'], holdOut: [] });

  world.board.revise(projectId, '00.png', said('cat', '00.png'));
  answer('01.png', 'dog');
  await collect();
  expect(tags['labelloop.stale']).toBe('learnt from 1 label corrected or deleted since');
});

test('a board that is away is asked again', async () => {
  world.board.failNext('listReviewedTasks', new ServiceUnavailableError('Label Studio: 502'));
  await expect(collect()).rejects.toMatchObject({ nonRetryable: false });
});

test('tells how wrong the prediction was that stood before the answer', async () => {
  const prediction = (label: string, path: string) => ({
    path,
    key: 'prediction',
    valueType: 'BLOB' as const,
    value: predictionBlob({
      imageUrl: 'x',
      result: said(label, path),
      score: 0.5,
      modelVersion: 'run-1',
    }),
  });
  const entries = [prediction('cat', '00.png'), prediction('cat', '01.png')];
  await world.engine.updateMetadata({ datasourceId: '1', entries });
  answer('00.png', 'cat');
  answer('01.png', 'dog');
  answer('02.png', 'dog');
  await collect();
  expect(world.column('predLoss')).toEqual({ '00.png': 0, '01.png': 1 });
  answer('00.png', 'dog');
  await collect();
  expect(world.column('predLoss')).toEqual({ '00.png': 1, '01.png': 1 });
});
