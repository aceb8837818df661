import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityDeps } from '../../activities/activity-deps.ts';
import { createActivities } from '../../activities/index.ts';
import { SelectionHistory } from '../../activities/selection-history.ts';
import { trainingRunKey } from '../../activities/training-run-key.ts';
import { auditLoop } from '../../client/audit-loop.ts';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import type { Datapoint, MetadataEntry } from '../../core/datapoints.ts';
import { fields, type Purpose } from '../../core/fields.ts';
import { batchRule, loopWorkflowId } from '../../core/loop-spec.ts';
import { opinionRule } from '../../core/opinions/opinion-rule.ts';
import { choiceOf } from '../../core/results.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import { explanation } from '../../core/selection/explanation.ts';
import { firstDifference } from '../../core/selection/first-difference.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { AnnotatedWorld, classes, scheme } from '../support/annotated-world.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';
import { said } from '../support/said.ts';

const [bob, eve] = [2, 3] as const;
/** Images lie on a line, cats below 0: 00–05 cats, 06–11 dogs, all in the first batch; 12–17 new; 18 the hold-out, 19 a near copy of it. */
const xs = [-1, -1.1, -1.2, -0.9, -0.8, -1.3, 1, 1.1, 1.2, 0.9, 0.8, 1.3, -1, 1, 0.02, -0.03, 2, -2, 0, 0];
const paths = xs.map((_, index) => `${String(index).padStart(2, '0')}.png`);
const truthOf = (path: string) => (xs[paths.indexOf(path)]! < 0 ? 'cat' : 'dog');
/** What Bob and Eve take the others' classes for. */
const mistaken = ['00.png', '06.png'];

const spec = loopSpec({
  repo: testRepo,
  datasource: { path: 's3://digits/data' },
  selection: { secondOpinions: true, maxImages: 5, randomShare: 0.2 },
  review: { projects: 'loop' },
});
const opinions = opinionRule(spec)!;
const { signal } = new AbortController();

let local: LocalEngine;
let world: AnnotatedWorld;
let engine: DagsHubDataEngine;
let datasource: { id: string; rootUrl: string };
let runId: string;
let projectId: number;
let deps: ActivityDeps;
let activities: ReturnType<typeof createActivities>;

beforeEach(async () => {
  const images = Object.fromEntries(paths.map((path, index) => [path, Buffer.from(String(xs[index]))]));
  local = await startLocalEngine(images);
  engine = new DagsHubDataEngine({ host: local.engine.url, repo: testRepo, token: testToken });
  world = await AnnotatedWorld.create(1);
  world.runner.embedding = (text) => [Number(text), 1];
  world.runner.probabilities = (text) => {
    const dog = 1 / (1 + Math.exp(-3 * Number(text)));
    return [1 - dog, dog];
  };
  const { workDir, board, tracker, trainer, runner, plots, chooser, losses } = world;
  deps = { engine, workDir, board, tracker, trainer, runner, plots, chooser, losses };
  activities = createActivities(deps);
  datasource = await runActivity(activities.ensureDatasource, {
    name: spec.loop,
    rootUrl: spec.datasource.path,
  });
  await set(paths, 'split', 'train');
  await set(['18.png'], 'split', 'test');
  await set(['19.png'], 'nearHoldOut', '18.png');
  await mark(['18.png'], 'hold-out');
  await mark([...paths.slice(0, 12), '19.png'], 'first');
  runId = await aModel();
});
afterEach(async () => {
  await local.close();
  await world.remove();
});

test('a label that looks wrong is asked of another person, out of the same budget; what both say becomes the annotation, and all of it can be told later', async () => {
  await openFirst();
  await answerFirst();
  await collect(0);
  const batch = await choose();
  expect(batch).toEqual({ selected: 5, pool: 6, secondOpinions: 2 });
  const chosen = await asked(1);
  expect(chosen.filter(({ selected_as: purpose }) => purpose === 'second-opinion')).toMatchObject([
    { path: '00.png', asked_before: '0 first answered', unseen_class: 'cat' },
    { path: '06.png', asked_before: '0 first answered', unseen_class: 'dog' },
  ]);
  // Neither what the hold-out holds, nor what looks like it.
  expect(chosen.map(({ path }) => path)).not.toEqual(expect.arrayContaining(['18.png']));
  expect(chosen.map(({ path }) => path)).not.toEqual(expect.arrayContaining(['19.png']));
  expect(await choose()).toEqual(batch);
  expect(await asked(1)).toEqual(chosen);

  // What comes later falls into another second.
  await sleep(1000 - (Date.now() % 1000));
  for (let attempt = 0; attempt < 2; attempt++) expect(await open(1)).toMatchObject({ projectId, tasks: 5 });
  const tasks = () =>
    world.board.project(projectId).tasks.map(({ key, people, cycle }) => [key, people, cycle]);
  expect(world.board.project(projectId).tasks).toHaveLength(17);
  expect(tasks()).toEqual(
    expect.arrayContaining([
      ['00.png', 2, 1],
      ['06.png', 2, 1],
      ['01.png', 1, 0],
    ]),
  );
  expect(await read(1)).toMatchObject([{ tasks: 5, answered: 0, skipped: 0, begun: 2 }]);

  // Who has answered it is nobody else.
  answer('00.png', bob, 'dog');
  expect(await read(1)).toMatchObject([{ answered: 0, begun: 2 }]);
  answer('00.png', eve, 'cat');
  answer('06.png', bob, 'dog');
  for (const { path } of chosen.filter(({ selected_as: purpose }) => purpose !== 'second-opinion'))
    answer(String(path), bob, truthOf(String(path)));
  expect(await read(1)).toEqual([{ tasks: 5, answered: 5, skipped: 0 }]);

  const [collected] = await collect(1);
  expect(collected).toMatchObject({ collected: 5, open: 0, further: 2 });
  expect(collected?.stale).toBeUndefined();
  expect(await collect(1)).toMatchObject([{ collected: 0, further: 2 }]);
  // They are divided; models that have not seen the label decide.
  expect(await stored('00.png')).toEqual({ label: 'cat', by: [bob, eve, null] });
  expect(await stored('06.png')).toEqual({ label: 'dog', by: [eve, bob, null] });

  const { lines, faults, uncollected, ledger } = await auditLoop(deps, spec);
  expect({ faults, uncollected }).toEqual({
    faults: [],
    uncollected: { added: 0, corrected: 0, deleted: 0 },
  });
  const first = { cycle: 0, purpose: 'first', asked: 13, sent: 13, answered: 13, collected: 13 };
  expect(lines).toMatchObject([
    first,
    { cycle: 0, purpose: 'hold-out', sent: 1, answered: 1 },
    { cycle: 1, purpose: 'random', sent: 1, answered: 1, collected: 1 },
    { cycle: 1, purpose: 'score', sent: 2, answered: 2, collected: 2 },
    { cycle: 1, purpose: 'second-opinion', sent: 2, answered: 2, collected: 2 },
  ]);
  expect(
    ledger.filter(({ path }) => path === '06.png').map((one) => [one.event, one.cycle, personOf(one)]),
  ).toEqual([
    ['sent', 0, null],
    ['answered', 0, eve],
    ['sent', 1, null],
    ['answered', 1, bob],
  ]);

  // Later it is explained, and chosen again.
  const history = new SelectionHistory(deps, spec);
  const record = await history.record(1, signal);
  const purposes = ['second-opinion', 'second-opinion', 'score', 'score', 'random'];
  expect(record.chosen.map(({ purpose }) => purpose)).toEqual(purposes);
  expect(firstDifference(record, await history.again(record, signal))).toBeNull();
  const { path, fields: row } = await history.image('00.png', signal);
  const { activeLab, rank } = record.chosen.find((one) => one.path === path)!;
  expect(explanation({ path, fields: row, record })).toEqual(
    expect.arrayContaining([
      `"00.png" was chosen in cycle 1 as number ${rank + 1} of 5, by ActiveLab for a second opinion: what one more person says of it tells more than a first answer to a new image.`,
      `Its ActiveLab score was ${activeLab!.toFixed(3)} (1 is asked first), and models that have not seen a label of it take it for cat.`,
      'Cycle 0 asked it (first), and it was answered.',
    ]),
  );
});

test('with one person there is nobody to ask, and an open second opinion is asked for once', async () => {
  await openFirst();
  for (const path of [...paths.slice(0, 12), '19.png', '18.png']) answer(path, bob, labelBy(path));
  await collect(0);
  expect(await choose()).toEqual({ selected: 5, pool: 6 });
  // Eve has annotated by the next cycle, and is asked.
  await open(1);
  for (const { path } of await asked(1)) answer(String(path), eve, truthOf(String(path)));
  await collect(1);
  expect(await choose(2)).toMatchObject({ secondOpinions: 4 });
  const second = (await asked(2)).filter(({ selected_as: purpose }) => purpose === 'second-opinion');
  await open(2);
  // Nobody answers; the next cycle asks others.
  await collect(2);
  await choose(3);
  const third = (await asked(3)).map(({ path }) => path);
  for (const { path } of second) expect(third).not.toContain(path);
});

test('too early for scores the pool is covered, and nobody is asked again', async () => {
  await openFirst();
  for (const path of paths.slice(0, 8)) answer(path, Number(path.slice(0, 2)) % 2 ? eve : bob, labelBy(path));
  await collect(0);
  const { secondOpinions } = await choose();
  expect(secondOpinions).toBeUndefined();
  const record = await new SelectionHistory(deps, spec).record(1, signal);
  expect(record).toMatchObject({ coldStart: true, strategy: 'facility-location', labelled: 8 });
  expect(record.chosen[0]).not.toHaveProperty('activeLab');
});

function labelBy(path: string): string {
  if (!mistaken.includes(path)) return truthOf(path);
  return truthOf(path) === 'cat' ? 'dog' : 'cat';
}

/** Bob answers the even ones, Eve the odd ones and 06. */
async function answerFirst(): Promise<void> {
  for (const path of [...paths.slice(0, 12), '19.png', '18.png'])
    answer(path, path === '06.png' || Number(path.slice(0, 2)) % 2 === 1 ? eve : bob, labelBy(path));
}

function answer(key: string, person: number, label: string): void {
  world.board.answer(projectId, key, said(label, key), person);
}

async function set(of: readonly string[], field: keyof typeof fields, value: string | number) {
  const { name: key, valueType } = fields[field];
  const entries = of.map((path) => ({ path, key, valueType, value }) as MetadataEntry);
  await engine.updateMetadata({ datasourceId: datasource.id, entries });
}

async function mark(of: readonly string[], purpose: Purpose): Promise<void> {
  await set(of, 'selectedAs', purpose);
  await set(of, 'selectedInCycle', 0);
  await set(of, 'selectedRank', 0);
}

async function aModel(): Promise<string> {
  const { tracker } = world;
  const experimentId = await tracker.ensureExperiment(spec.loop);
  const key = trainingRunKey({ workflowId: loopWorkflowId(spec), cycle: 1 });
  const run = await tracker.ensureRun({ experimentId, key, name: 'cycle 1', startTimeMs: 0, tags: {} });
  const sha256 = createHash('sha256').update('a network').digest('hex');
  for (const [path, text] of [
    ['model.onnx', 'a network'],
    ['model.json', JSON.stringify({ classes, sha256 })],
  ])
    await tracker.putArtifact({ run, path: `model/${path}`, bytes: new TextEncoder().encode(text) });
  return run.runId;
}

async function open(cycle: number, part = 'batch', purposes?: readonly Purpose[]) {
  const review = await runActivity(activities.openReview, {
    workflowId: 'wf',
    loop: spec.loop,
    cycle,
    part,
    purposes: purposes ?? ['score', 'empty', 'random', 'second-opinion'],
    datasource,
    scheme,
    runId: cycle === 0 ? null : runId,
    opinions,
    oneProject: true,
  });
  return review!;
}

async function openFirst(): Promise<void> {
  await open(0, 'hold-out', ['hold-out']);
  ({ projectId } = await open(0, 'first', ['first']));
}

function read(cycle: number) {
  return runActivity(activities.readReview, {
    projectIds: [projectId],
    cycle,
    opinions: { rule: opinions, scheme, cycles: [cycle] },
  });
}

function collect(cycle: number) {
  return runActivity(activities.collectAnnotations, {
    loop: spec.loop,
    datasourceId: datasource.id,
    scheme,
    reviews: [{ projectId, cycle }],
    opinions,
    oneProject: true,
  });
}

/** Scores the pool, and chooses the cycle's batch. */
async function choose(cycle = 1) {
  await runActivity(activities.inferShard, {
    runId,
    datasource,
    shard: { after: null, images: 100 },
    rule: { score: 'margin', boxes: defaultBoxRule },
    scheme,
    embedFor: cycle,
  });
  return runActivity(activities.selectBatch, {
    datasourceId: datasource.id,
    cycle,
    runId,
    cycleRunId: runId,
    seed: spec.seed,
    rule: batchRule(spec, spec.selection.maxImages),
    scheme,
  });
}

/** The metadata of what a cycle asks, by path. */
async function asked(cycle: number): Promise<Record<string, unknown>[]> {
  return (await rows())
    .filter(({ fields: row }) => row[fields.selectedInCycle.name] === cycle)
    .map(({ path, fields: row }) => ({ path, ...row }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function rows(): Promise<Datapoint[]> {
  const found: Datapoint[] = [];
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource.id }))
    found.push(...datapoints);
  return found;
}

async function stored(path: string) {
  const row = (await rows()).find((one) => one.path === path)!;
  const blob = await engine.fetchBlob(String(row.fields['annotation']));
  const { annotations } = JSON.parse(new TextDecoder().decode(blob)) as {
    annotations: { completed_by: number | null }[];
  };
  const label = choiceOf(resultOfBlob(blob, path), classes, path);
  return { label, by: annotations.map(({ completed_by: person }) => person) };
}

function personOf(entry: object): unknown {
  return 'annotator' in entry ? entry.annotator : null;
}
