import { collectAnnotationsActivity } from '../../activities/collect-annotations.ts';
import { readReviewActivity } from '../../activities/read-review.ts';
import { predictionBlob, resultOfBlob } from '../../core/annotation-blob.ts';
import type { MetadataEntry } from '../../core/datapoints.ts';
import type { OpinionRule } from '../../core/opinions/opinion-rule.ts';
import { choiceOf } from '../../core/results.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { openBatch } from '../support/open-batch.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

const withoutJudge: OpinionRule = {
  loop: 'glyphs',
  share: 1,
  annotators: 2,
  further: 1,
  agreement: 0.7,
  seed: 1,
};
const rule: OpinionRule = { ...withoutJudge, adjudicator: 'ada@example.com' };
const ada = 1;
const bob = 2;
const eve = 3;
const kim = 4;

let world: AnnotatedWorld;
let projectId: number;
beforeEach(async () => {
  world = await AnnotatedWorld.create(4);
  await world.set(0, 3, { selectedInCycle: 2, selectedAs: 'score' });
  projectId = await openBatch(world, { opinions: rule });
});
afterEach(() => world.remove());

/** How far they are; not since when. */
async function look(opinions: OpinionRule = rule) {
  const { readReview } = readReviewActivity(world);
  const input = { projectIds: [projectId], opinions: { rule: opinions, scheme, cycles: [2] } };
  const progress = await runActivity(readReview, input);
  return progress.map(({ openSinceMs: _, ...counts }) => counts);
}

function collect(opinions: OpinionRule = rule) {
  const { collectAnnotations } = collectAnnotationsActivity(world);
  const reviews = [{ projectId, cycle: 2 }];
  return runActivity(collectAnnotations, { loop: 'glyphs', datasourceId: '1', scheme, reviews, opinions });
}

function answer(person: number, key: string, label: string, project = projectId) {
  return world.board.answer(project, key, said(label, key), person);
}

function verdictProject(): number | undefined {
  return world.board.projectsTitled('glyphs cycle 2 verdicts')[0];
}

function people(): number[] {
  return world.board.project(projectId).tasks.map((task) => task.people);
}

async function stored(path: string) {
  const hash = world.column('annotation')[path];
  if (hash === undefined) return null;
  const bytes = await world.engine.fetchBlob(String(hash));
  const { annotations } = JSON.parse(new TextDecoder().decode(bytes)) as {
    annotations: { completed_by: number | null; id?: number }[];
  };
  const label = choiceOf(resultOfBlob(bytes, path), classes, path);
  return { label, by: annotations.map(({ completed_by: person }) => person) };
}

test('a task is done when two different people have answered it, and the same person twice is one', async () => {
  expect(people()).toEqual([2, 2, 2]);
  answer(bob, '00.png', 'cat');
  answer(bob, '00.png', 'cat');
  expect(await look()).toEqual([{ tasks: 3, answered: 0, skipped: 0, begun: 1 }]);
  answer(eve, '00.png', 'cat');
  expect(await look()).toEqual([{ tasks: 3, answered: 1, skipped: 0 }]);
});

test('a task that Label Studio closed by the number of people before is opened again; a finished one stays closed', async () => {
  const closed = () => world.board.project(projectId).tasks.map(({ isClosed }) => isClosed);
  answer(bob, '00.png', 'cat');
  answer(bob, '01.png', 'cat');
  answer(eve, '01.png', 'cat');
  world.board.close(projectId, '00.png');
  expect(closed()).toEqual([true, true, false]);
  expect(await look()).toEqual([{ tasks: 3, answered: 1, skipped: 0, begun: 1 }]);
  expect(closed()).toEqual([false, true, false]);
  expect(people()).toEqual([2, 2, 2]);
  // The third person of a dispute is waited for too.
  answer(eve, '00.png', 'dog');
  await look();
  world.board.close(projectId, '00.png');
  await look();
  expect([people(), closed()]).toEqual([
    [3, 2, 2],
    [false, true, false],
  ]);
});

test('where two differ a third is asked, once, and the majority becomes the annotation with the answers beside it', async () => {
  answer(bob, '00.png', 'cat');
  answer(eve, '00.png', 'dog');
  expect(await look()).toEqual([{ tasks: 3, answered: 0, skipped: 0, disputed: 1 }]);
  expect(people()).toEqual([3, 2, 2]);
  await collect();
  expect(await stored('00.png')).toBeNull();

  answer(kim, '00.png', 'dog');
  expect(await look()).toEqual([{ tasks: 3, answered: 1, skipped: 0 }]);
  expect(people()).toEqual([3, 2, 2]);
  expect(await collect()).toEqual([{ projectId, collected: 1, unchanged: 0, skipped: 0, open: 2 }]);
  expect(await stored('00.png')).toEqual({ label: 'dog', by: [bob, eve, kim, null] });
  expect(verdictProject()).toBeUndefined();
});

test('where they still differ the adjudicator is shown the answers, and decides', async () => {
  const strict = { ...rule, further: 0 };
  answer(bob, '00.png', 'cat');
  answer(eve, '00.png', 'dog');
  expect(await look(strict)).toEqual([{ tasks: 3, answered: 0, skipped: 0, undecided: 1 }]);
  const project = verdictProject()!;
  const [task] = world.board.project(project).tasks;
  expect(task?.predictions.map(({ modelVersion, result }) => [modelVersion, result])).toEqual([
    ['opinion 1', said('cat', '00.png')],
    ['opinion 2', said('dog', '00.png')],
  ]);
  expect(world.board.project(project).webhooks).toHaveLength(1);

  // Another person's word there decides nothing.
  answer(kim, '00.png', 'dog', project);
  expect(await look(strict)).toMatchObject([{ undecided: 1 }]);
  await collect(strict);
  expect(await stored('00.png')).toBeNull();

  const { id, updatedAt } = answer(ada, '00.png', 'cat', project);
  expect(await look(strict)).toEqual([{ tasks: 3, answered: 1, skipped: 0 }]);
  await collect(strict);
  expect(await stored('00.png')).toEqual({ label: 'cat', by: [bob, eve, ada] });
  expect(world.column('annotationSource')['00.png']).toBe(`${project}/${id}@${updatedAt}`);
  expect(world.board.project(project).tasks).toHaveLength(1);
});

test('a partly answered task gives what it has, and stays open; a later answer corrects it', async () => {
  answer(bob, '00.png', 'cat');
  expect(await collect()).toEqual([{ projectId, collected: 1, unchanged: 0, skipped: 0, open: 3 }]);
  expect(await stored('00.png')).toEqual({ label: 'cat', by: [bob] });
  answer(eve, '00.png', 'cat');
  expect(await collect()).toEqual([{ projectId, collected: 1, unchanged: 0, skipped: 0, open: 2 }]);
  expect(await stored('00.png')).toEqual({ label: 'cat', by: [bob, eve, null] });
  expect(await collect()).toEqual([{ projectId, collected: 0, unchanged: 1, skipped: 0, open: 2 }]);
});

test('equal votes and nobody to decide: who is oftener right weighs more', async () => {
  const together = { ...withoutJudge, further: 0, annotators: 3 };
  // Kim is with both of the others where they agree; Eve names dog where the others say cat.
  for (const [key, labels] of Object.entries({
    '00.png': ['cat', 'dog', 'cat'],
    '01.png': ['dog', 'dog', 'dog'],
  }))
    [bob, eve, kim].forEach((person, index) => answer(person, key, labels[index]!));
  answer(eve, '02.png', 'dog');
  answer(kim, '02.png', 'cat');
  world.board.skip(projectId, '02.png', bob);
  await collect(together);
  // By Dawid and Skene Eve's "dog" may mean a cat; Kim's "cat" means one. The newest of the two would be Kim's as well, so the order is turned below.
  expect(await stored('02.png')).toMatchObject({ label: 'cat' });
  answer(eve, '02.png', 'dog');
  await collect(together);
  expect(await stored('02.png')).toMatchObject({ label: 'cat', by: [kim, eve, null] });
});

test('an adjudicator whom Label Studio does not know is refused before anything is asked', async () => {
  await expect(
    openBatch(world, { opinions: { ...rule, adjudicator: 'nobody@example.com' } }),
  ).rejects.toMatchObject({
    nonRetryable: true,
    message:
      'Label Studio knows nobody with the address nobody@example.com, which review.adjudicator names; invite that person, or name another.',
  });
});

test('agreement, costs, and what blind answers are like go to the run that predicted the images', async () => {
  const { tracker } = world;
  const experimentId = await tracker.ensureExperiment('glyphs');
  const run = { experimentId, key: 'cycle 2', name: 'cycle 2', startTimeMs: 0, tags: {} };
  const { runId } = await tracker.ensureRun(run);
  const imageUrl = 'x';
  const entries = ['00.png', '01.png'].flatMap((path): MetadataEntry[] => [
    {
      path,
      key: 'prediction',
      valueType: 'BLOB',
      value: predictionBlob({ imageUrl, result: said('cat', path), score: 0.5, modelVersion: runId }),
    },
    { path, key: 'pred_run', valueType: 'STRING', value: runId },
    { path, key: 'asked_blind', valueType: 'BOOLEAN', value: true },
  ]);
  await world.engine.updateMetadata({ datasourceId: '1', entries });
  for (const [key, labels] of Object.entries({ '00.png': ['cat', 'cat'], '01.png': ['dog', 'dog'] }))
    labels.forEach((label, person) => answer(person + 2, key, label));
  const { collectAnnotations } = collectAnnotationsActivity(world);
  const collected = await runActivity(collectAnnotations, {
    loop: 'glyphs',
    datasourceId: '1',
    scheme,
    reviews: [{ projectId, cycle: 2 }],
    opinions: rule,
    cost: { perHour: 36, currency: 'EUR' },
  });
  expect(collected).toMatchObject([{ work: { answers: 4, labels: 4, seconds: 10 } }]);
  const metrics = Object.fromEntries(tracker.allRuns()[0]!.metrics.map(({ key, value }) => [key, value]));
  expect(metrics).toMatchObject({
    'agreement/datapoints': 2,
    'agreement/alpha': 1,
    'agreement/pair-2-3/kappa': 1,
    'cost/total': expect.closeTo(0.1, 12) as number,
    'cost/class-cat/seconds': 2.5,
    'review/blind/answers': 4,
    'review/blind/accepted_share': 0.5,
    'review/blind/consensus': 1,
  });
  expect(new Set(tracker.allRuns()[0]!.metrics.map(({ step }) => step))).toEqual(new Set([2]));
});
