import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import { isNotNull } from '../../core/datapoints.ts';
import { hashUnit } from '../../core/hash.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { choiceOf } from '../../core/results.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { mlflowHttp } from '../../services/mlflow/mlflow-http.ts';
import { answerNext } from '../support/answer-next.ts';
import { glyphLoop, glyphScheme } from '../support/glyph-loop.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { Programs } from '../support/programs.ts';
import { signUp, type Person } from '../support/sign-up.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(10 * 60_000);

const loop = 'e2e-several-people';
const asked = { 'hold-out': 4, validation: 3, first: 4, batch: 5 };
const all = 16;
let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
const programs = new Programs(() => ({ LABELLOOP_WORK_DIR: path.join(folder, 'work') }));
const working = new AbortController();

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-people-'));
});

afterAll(async () => {
  working.abort();
  await programs.end();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('two people answer each image, a third where they differ, and one decides where all three do; the audit balances', async () => {
  const names = ['bob', 'eve', 'kim', 'ada'] as const;
  const people: Person[] = [];
  for (const name of names) people.push(await signUp(stack.labelStudio, `${name}@${loop}.example.com`));
  const [bob, eve, kim, ada] = people as [Person, Person, Person, Person];
  const loopFile = path.join(folder, 'loop.yaml');
  await writeFile(
    loopFile,
    stringify({ ...loopYaml, review: { ...loopYaml.review, adjudicator: ada.email } }),
  );
  programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).ended();
  const workflowId = loopWorkflowId({ repo: stack.repo, loop });

  const work = annotate({ bob, eve, kim });
  const isDisputed = async () => {
    const report = await loopStatus(temporal.client, workflowId).catch(() => null);
    return (report?.status?.reviews ?? []).some(({ undecided = 0 }) => undecided > 0);
  };
  await programs.until(isDisputed, 'a task that all three answered differently');
  expect(await programs.said('status', loopFile)).toContain(
    "the adjudicator decides in the cycle's verdicts",
  );
  const verdicts = decide(ada);

  const handle = temporal.client.workflow.getHandle(workflowId);
  const isOver = async () => (await handle.describe()).status.name !== 'RUNNING';
  await programs.until(isOver, 'the end of the loop');
  working.abort();
  await Promise.all([work, verdicts]);
  expect(await handle.result()).toMatchObject({ ended: 'all 1 cycles are done' });

  // Whoever was wrong, what people say together and the verdicts are right.
  const stored = await storedAnnotations();
  expect(stored).toHaveLength(all);
  expect(stored.filter(({ key, label }) => label !== truthOf(key))).toEqual([]);

  const projects = await tasksByProject();
  const reviews = [...projects]
    .filter(([title]) => !title.endsWith(' verdicts'))
    .flatMap(([, tasks]) => tasks);
  expect(reviews.map(({ key }) => key).sort()).toEqual(stored.map(({ key }) => key).sort());
  for (const { key, by } of reviews) {
    expect(new Set(by).size).toBe(by.length);
    expect({ key, people: by.length }).toEqual({ key, people: kindOf(key) === 'clear' ? 2 : 3 });
  }
  const judged = [...projects].filter(([title]) => title.endsWith(' verdicts')).flatMap(([, tasks]) => tasks);
  const disputed = stored.filter(({ key }) => kindOf(key) === 'disputed').map(({ key }) => key);
  expect(disputed.length).toBeGreaterThan(0);
  expect(judged.map(({ key }) => key).sort()).toEqual(disputed.sort());
  for (const { by, predictions } of judged) {
    expect(by).toEqual([ada.id]);
    expect(predictions.sort()).toEqual(['opinion 1', 'opinion 2', 'opinion 3']);
  }
  // The originals are beside what came of them; of a task that came while Bob was done, Eve's is the first.
  const behind = { clear: [null], 'one is wrong': [kim.id, null], disputed: [kim.id, ada.id] };
  for (const { key, by } of stored) {
    expect(new Set(by.slice(0, 2))).toEqual(new Set([bob.id, eve.id]));
    expect(by.slice(2)).toEqual(behind[kindOf(key)]);
  }

  const ledger = path.join(folder, 'ledger.jsonl');
  const audit = await programs.said('audit', loopFile, '--ledger', ledger);
  expect(audit).toMatch(new RegExp(`all +${all} +${all} +${all} +${all} +0 +0 +0 +0`));
  expect(audit).toContain('It balances');
  expect(audit).toContain(`${all} datapoints with two labels or more: Krippendorff's α`);
  const answers = [...reviews, ...judged].reduce((sum, { by }) => sum + by.length, 0);
  const lines = (await readFile(ledger, 'utf8')).trim().split('\n');
  const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events.filter((event) => event === 'sent')).toHaveLength(all);
  // The verdicts too.
  expect(events.filter((event) => event === 'answered')).toHaveLength(answers);

  const metrics = await metricsOfRuns();
  expect(metrics['agreement/datapoints']).toBe(asked.batch);
  expect(metrics['cost/per_answer']).toBeCloseTo(2 * 0.01, 9);
  const batch = projects.get(`${loop} cycle 1 batch`) ?? [];
  const blind = batch.filter(({ predictions }) => predictions.length === 0).map(({ key }) => key);
  expect(blind.sort()).toEqual((await blindKeys()).sort());
  expect(metrics['review/blind/answers']).toBe(
    batch.filter(({ key }) => blind.includes(key)).reduce((sum, { by }) => sum + by.length, 0),
  );
});

const loopYaml = {
  ...glyphLoop(loop),
  holdOut: { images: asked['hold-out'] },
  validation: { images: asked.validation },
  training: { input: { width: 16, height: 16, channels: 1 }, params: { steps: 30, width: 8 } },
  selection: { maxImages: asked.batch, firstImages: asked.first },
  review: {
    pollSeconds: 1,
    minReadSeconds: 0,
    overlap: { share: 1 },
    blindShare: 0.5,
    cost: { perHour: 36 },
  },
  stop: { cycles: 1 },
};

function truthOf(key: string): string {
  return stack.truth.get(key)!.label;
}

/** By its path an image is clear, or eve is wrong about it, or all three name another class. */
function kindOf(key: string): 'clear' | 'one is wrong' | 'disputed' {
  const at = hashUnit('kind', key);
  return at < 0.4 ? 'clear' : at < 0.7 ? 'one is wrong' : 'disputed';
}

function wrong(key: string, by: 1 | 2): string {
  const { classes } = glyphScheme;
  return classes[(classes.findIndex((label) => label === truthOf(key)) + by) % classes.length]!;
}

/**
 * Bob, then Eve, answer what Label Studio's labelling stream gives them; Kim what has two answers and is given to a third. She opens the stream only then:
 * a task that is looked at and left is kept for who looked, for a day.
 */
async function annotate({ bob, eve, kim }: Record<'bob' | 'eve' | 'kim', Person>): Promise<void> {
  const admin = new LabelStudioPeople(stack.labelStudio);
  await rounds(async (projects) => {
    for (const { id } of projects.filter(({ title }) => !title.endsWith(' verdicts'))) {
      await answerStream(bob, id, truthOf);
      await answerStream(eve, id, (key) => (kindOf(key) === 'clear' ? truthOf(key) : wrong(key, 1)));
      const tasks = await admin.rawTasks(id);
      if (
        tasks.some(({ overlap }) => overlap > 2) &&
        tasks.every(({ annotations }) => annotations.length > 1)
      )
        await answerStream(kim, id, (key) => (kindOf(key) === 'disputed' ? wrong(key, 2) : truthOf(key)));
    }
  });
}

async function decide(ada: Person): Promise<void> {
  await rounds(async (projects) => {
    for (const { id } of projects.filter(
      ({ title }) => title.startsWith(loop) && title.endsWith(' verdicts'),
    ))
      await answerStream(ada, id, truthOf);
  });
}

async function rounds(round: (projects: { id: number; title: string }[]) => Promise<void>): Promise<void> {
  const admin = new LabelStudioPeople(stack.labelStudio);
  while (!working.signal.aborted) {
    const { results } = await admin.call<{ results: { id: number; title: string }[] }>(
      'GET',
      `/api/projects/?page_size=1000&title=${loop}`,
    );
    const newest = results.reduce((most, { title }) => Math.max(most, cycleOf(title)), 0);
    await round(
      results.filter(({ title }) => title.startsWith(`${loop} cycle `) && cycleOf(title) === newest),
    );
    await sleep(1000);
  }
}

function cycleOf(title: string): number {
  return Number(/ cycle (\d+) /.exec(title)?.[1] ?? 0);
}

/** Until the stream has nothing more for that person. */
async function answerStream(person: Person, project: number, label: (key: string) => string): Promise<void> {
  while ((await answerNext(person, project, label)) !== null);
}

async function tasksByProject() {
  const admin = new LabelStudioPeople(stack.labelStudio);
  const { results } = await admin.call<{ results: { id: number; title: string }[] }>(
    'GET',
    `/api/projects/?page_size=1000&title=${loop}`,
  );
  const found = new Map<string, { key: string; by: number[]; predictions: string[] }[]>();
  for (const { id, title } of results) {
    const tasks = await admin.rawTasks(id);
    found.set(
      title,
      tasks.map(({ data, annotations, predictions }) => ({
        key: data.al_key,
        by: annotations.map((one) => (one as unknown as { completed_by: number }).completed_by),
        predictions: predictions.map((one) => one.model_version),
      })),
    );
  }
  return found;
}

const blobSchema = z.object({ annotations: z.array(z.looseObject({ completed_by: z.number().nullable() })) });

async function storedAnnotations() {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  const where = isNotNull('annotation', 'BLOB');
  const found: { key: string; label: string; by: (number | null)[] }[] = [];
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id, where }))
    for (const { path: key, fields } of datapoints) {
      const blob = await engine.fetchBlob(String(fields['annotation']));
      const { annotations } = blobSchema.parse(JSON.parse(new TextDecoder().decode(blob)));
      const label = choiceOf(resultOfBlob(blob, key), glyphScheme.classes, key);
      found.push({ key, label, by: annotations.map((one) => one.completed_by) });
    }
  return found;
}

async function blindKeys(): Promise<string[]> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  const where = isNotNull('asked_blind', 'BOOLEAN');
  const found: string[] = [];
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id, where }))
    found.push(...datapoints.map((one) => one.path));
  return found;
}

/** The newest metrics of the loop's runs, of all together. */
async function metricsOfRuns(): Promise<Record<string, number>> {
  const http = mlflowHttp({ trackingUri: stack.mlflowUri });
  const api = '/api/2.0/mlflow';
  const { experiment } = await http.json(
    { method: 'GET', path: `${api}/experiments/get-by-name`, query: { experiment_name: loop } },
    z.looseObject({ experiment: z.looseObject({ experiment_id: z.string() }) }),
  );
  const { runs } = await http.json(
    { method: 'POST', path: `${api}/runs/search`, json: { experiment_ids: [experiment.experiment_id] } },
    z.looseObject({ runs: z.array(z.looseObject({ data: z.looseObject({ metrics: metricsSchema }) })) }),
  );
  return Object.fromEntries(
    runs.flatMap(({ data }) => data.metrics.map(({ key, value }) => [key, value] as const)),
  );
}

const metricsSchema = z.array(z.looseObject({ key: z.string(), value: z.number() })).default([]);
