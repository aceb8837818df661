import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { answersOf } from '../../core/answers/answers.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { allOf, equals, isNotNull } from '../../core/datapoints.ts';
import { SimulatedAnnotator } from '../../demo/simulated-annotator.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { mlflowHttp } from '../../services/mlflow/mlflow-http.ts';
import { LabelStudioHttp } from '../../services/label-studio/label-studio-http.ts';
import { freePort } from '../../stack/ports.ts';
import { z } from 'zod';
import { glyphLoop, glyphScheme } from '../support/glyph-loop.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { Programs } from '../support/programs.ts';
import { placesOf, toldOfLoop } from '../support/told-of-loop.ts';

// A killed worker's step is given out again after a minute without a heartbeat.
jest.setTimeout(20 * 60_000);

const loop = 'e2e-killed-worker';
const batch = 12;
const holdOut = 20;
const validation = 12;
const first = 12;

let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
let env: Record<string, string>;
const programs = new Programs(() => env);
const annotating = new AbortController();

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-e2e-'));
});

afterAll(async () => {
  annotating.abort();
  await programs.end();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('two cycles survive kill -9 in training and in inference and lost webhooks: nothing double, nothing lost', async () => {
  const webhookPort = await freePort();
  const metricsAddress = `127.0.0.1:${await freePort([webhookPort])}`;
  // This MLflow asks for no login, and is sent one all the same.
  const [user, password] = ['a-user-of-mlflow', 'the-password-of-mlflow'];
  env = {
    LABELLOOP_WORK_DIR: path.join(folder, 'work'),
    LABELLOOP_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}`,
    LABELLOOP_INFER_THREADS: '1',
    LABELLOOP_METRICS_ADDRESS: metricsAddress,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  };
  const startWorker = () => programs.start('worker', '--queues', 'loop,infer,train');
  const loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));

  const webhook = programs.start('webhook', '--port', String(webhookPort));
  await webhook.untilPrinted('received at');
  let worker = startWorker();
  await programs.start('start', loopFile).ended();
  const workflowId = loopWorkflowId({ repo: stack.repo, loop });
  const annotator = new SimulatedAnnotator(stack.labelStudio, glyphScheme, stack.truth);
  const annotation = annotator.work([loop], annotating.signal);

  // Cycle 1: killed while the trainer is at work.
  await programs.until(() => hasCheckpoint(path.join(folder, 'work', 'jobs')), 'a checkpoint');
  await worker.end('SIGKILL');
  worker = startWorker();

  // Cycle 2: every webhook is lost, and the worker is killed while some of the pool is predicted and some is not.
  await untilCycle(workflowId, 2);
  await webhook.end('SIGKILL');
  const firstModel = await runOfCycle(1);
  await programs.until(
    async () => (await predictedByOthers(firstModel)) > 0,
    'a prediction of the second model',
  );
  await worker.end('SIGKILL');
  startWorker();

  const handle = temporal.client.workflow.getHandle(workflowId);
  await programs.until(
    async () => (await handle.describe()).status.name !== 'RUNNING',
    'the end of the loop',
  );
  const result = (await handle.result()) as { ended: string; history: unknown[] };
  annotating.abort();
  await annotation;

  expect(result.ended).toBe('all 2 cycles are done');
  expect(result.history).toHaveLength(3);
  const asked = holdOut + validation + first + 2 * batch;
  expect(await countReviews()).toEqual({
    projects: 5,
    tasks: asked,
    keys: asked,
    annotations: asked,
    doublePredictions: 0,
    // Hold-out, validation and the first batch are answered unaided.
    predictions: 2 * batch,
  });
  expect(await countRuns()).toEqual({ runs: 3, keys: 3, versions: 3 });
  expect(await countAnnotated()).toBe(asked);

  // Both batches are chosen again from what is stored, and an image of the first tells why it was.
  for (const cycle of [1, 2])
    expect(await programs.said('replay', loopFile, '--cycle', String(cycle))).toMatch(
      new RegExp(`^Cycle ${cycle}: .* chose the same ${batch} of \\d+ images again`, 'm'),
    );
  expect(await programs.said('explain', loopFile, await firstOfCycle(1))).toContain(
    `was chosen in cycle 1 as number 1 of ${batch}, by `,
  );

  // The audit sees each label once, and the ledger names who gave it.
  const ledger = path.join(folder, 'ledger.jsonl');
  const audit = await programs.said('audit', loopFile, '--ledger', ledger);
  expect(audit).toMatch(new RegExp(`all +${asked} +${asked} +${asked} +${asked} +0 +0 +0 +0`));
  expect(audit).toContain('It balances');
  const lines = (await readFile(ledger, 'utf8')).trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { path: string; event: string });
  for (const event of ['sent', 'answered']) {
    const paths = entries.filter((one) => one.event === event).map(({ path: own }) => own);
    expect([event, paths.length, new Set(paths).size]).toEqual([event, asked, asked]);
  }

  // After its end a person corrects an answer of cycle 1: it is collected, told of, and marked on the models that learnt otherwise.
  const corrected = await firstOfCycle(1);
  const people = new LabelStudioPeople(stack.labelStudio);
  const [project = 0] = await people.projectsTitled(`${loop} cycle 1 batch`);
  const label = glyphScheme.classes.find((name) => name !== stack.truth.get(corrected)?.label) ?? '';
  await people.revise(
    project,
    corrected,
    answersOf(glyphScheme).resultOf({ path: corrected, truth: { label } }),
  );
  const collected = await programs.said('collect', loopFile);
  expect(collected).toContain('Annotations collected: 1, from 1 of the reviews.');
  expect(collected).toContain('The models of cycles 2, 3 learnt from, or were measured on, labels');
  const trace = await programs.said('trace', loopFile, corrected);
  expect(trace).toMatch(/sent as score to project \d+, with the suggestion of cycle 1's model, version 1/);
  expect(trace).toContain(`corrected that to "${label}"`);

  const metrics = await fetch(`http://${metricsAddress}/metrics`).then((response) => response.text());
  expect(metrics).toMatch(
    new RegExp(`labelloop_tasks{[^}]*loop="${workflowId}"[^}]*state="answered"[^}]*} \\d`),
  );
  expect(metrics).toMatch(/temporal_activity_execution_latency/);

  // Nothing that it told anybody holds a secret.
  const told = new Map(await toldOfLoop({ stack, client: temporal.client }, loop));
  told.set('printed', programs.output);
  told.set('metrics', metrics);
  expect(placesOf(loop, told).length).toBeGreaterThan(20);
  const secrets = {
    'DagsHub token': stack.dagshub.token,
    'Label Studio key': stack.labelStudio.apiKey,
    'MLflow password': password,
    'MLflow login': `${user}:${password}`,
    'webhook secret': stack.env['LABELLOOP_WEBHOOK_SECRET']!,
  };
  for (const [name, secret] of Object.entries(secrets))
    expect([name, placesOf(secret, told)]).toEqual([name, []]);
});

const loopYaml = {
  ...glyphLoop(loop),
  holdOut: { images: holdOut },
  validation: { images: validation },
  training: {
    input: { width: 16, height: 16, channels: 1 },
    // A checkpoint after every step: there is a middle to be killed in, however fast the machine.
    params: { steps: 800, width: 8, checkpointEverySeconds: 0 },
  },
  inference: { shardImages: 200 },
  selection: { strategy: 'two-stage', maxImages: batch, firstImages: first },
  review: { pollSeconds: 2, minReadSeconds: 1 },
  stop: { cycles: 2 },
};

/** A trainer has begun to leave checkpoints. */
async function hasCheckpoint(jobs: string): Promise<boolean> {
  const files = await readdir(jobs, { recursive: true }).catch(() => []);
  return files.some((file) => path.basename(file) === 'latest.json');
}

async function runOfCycle(cycle: number): Promise<string> {
  const own = (await runs()).find(({ tags }) => tags.get('labelloop.cycle') === String(cycle));
  if (!own) throw new Error(`Cycle ${cycle} has no model.`);
  return own.runId;
}

/** Datapoints with a prediction of another run than this one. */
async function predictedByOthers(run: string): Promise<number> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  const where = allOf(isNotNull('pred_run', 'STRING'), { ...equals('pred_run', run, 'STRING'), not: true });
  let count = 0;
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id, where }))
    count += datapoints.length;
  return count;
}

/** The image that a batch asked first. */
async function firstOfCycle(cycle: number): Promise<string> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  const where = allOf(equals('selected_in_cycle', cycle, 'INTEGER'), equals('selected_rank', 0, 'INTEGER'));
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id, where }))
    return datapoints[0]!.path;
  throw new Error(`Nothing was asked in cycle ${cycle}.`);
}

async function untilCycle(workflowId: string, cycle: number): Promise<void> {
  await programs.until(async () => {
    const report = await loopStatus(temporal.client, workflowId).catch(() => null);
    return (report?.status?.cycle ?? 0) >= cycle;
  }, `cycle ${cycle}`);
}

async function countReviews() {
  const http = new LabelStudioHttp(stack.labelStudio);
  const { results } = await http.json(
    { method: 'GET', path: '/api/projects/', query: { title: loop, page_size: 100 } },
    z.looseObject({ results: z.array(z.looseObject({ id: z.number() })) }),
  );
  const tasks = await Promise.all(
    results.map(({ id }) =>
      http.json(
        { method: 'GET', path: '/api/tasks/', query: { project: id, page_size: 500, fields: 'all' } },
        z.looseObject({ tasks: z.array(taskSchema) }),
      ),
    ),
  ).then((pages) => pages.flatMap((page) => page.tasks));
  return {
    projects: results.length,
    tasks: tasks.length,
    keys: new Set(tasks.map(({ data }) => data.al_key)).size,
    annotations: tasks.reduce((sum, task) => sum + task.annotations.length, 0),
    doublePredictions: tasks.filter(({ predictions }) => predictions.length > 1).length,
    predictions: tasks.reduce((sum, task) => sum + task.predictions.length, 0),
  };
}

const taskSchema = z.looseObject({
  data: z.looseObject({ al_key: z.string() }),
  annotations: z.array(z.unknown()),
  predictions: z.array(z.unknown()),
});

async function countRuns() {
  const { model_versions: versions } = await mlflowHttp({ trackingUri: stack.mlflowUri }).json(
    { method: 'GET', path: `${mlflowApi}/model-versions/search`, query: { filter: `name='${loop}'` } },
    z.looseObject({ model_versions: z.array(z.unknown()) }),
  );
  const all = await runs();
  const keys = new Set(all.flatMap(({ tags }) => tags.get('labelloop.key') ?? []));
  return { runs: all.length, keys: keys.size, versions: versions.length };
}

async function runs(): Promise<{ runId: string; tags: Map<string, string> }[]> {
  const http = mlflowHttp({ trackingUri: stack.mlflowUri });
  const { experiment } = await http.json(
    { method: 'GET', path: `${mlflowApi}/experiments/get-by-name`, query: { experiment_name: loop } },
    z.looseObject({ experiment: z.looseObject({ experiment_id: z.string() }) }),
  );
  const found = await http.json(
    {
      method: 'POST',
      path: `${mlflowApi}/runs/search`,
      json: { experiment_ids: [experiment.experiment_id] },
    },
    z.looseObject({ runs: z.array(runSchema) }),
  );
  return found.runs.map(({ info, data }) => ({
    runId: info.run_id,
    tags: new Map(data.tags.map(({ key, value }) => [key, value])),
  }));
}

const mlflowApi = '/api/2.0/mlflow';
const runSchema = z.looseObject({
  info: z.looseObject({ run_id: z.string() }),
  data: z.looseObject({ tags: z.array(z.looseObject({ key: z.string(), value: z.string() })) }),
});

/** Annotated datapoints whose stored class is the true one. */
async function countAnnotated(): Promise<number> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  let right = 0;
  const where = allOf(isNotNull('annotation', 'BLOB'), isNotNull('annotation_source', 'STRING'));
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id, where }))
    for (const datapoint of datapoints) {
      const blob = new TextDecoder().decode(await engine.fetchBlob(String(datapoint.fields['annotation'])));
      if (blob.includes(`"choices":["${stack.truth.get(datapoint.path)?.label}"]`)) right += 1;
    }
  return right;
}
