import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { join } from 'node:path';
import { z } from 'zod';
import { auditLoop } from '../client/audit-loop.ts';
import { resultOfBlob } from '../core/annotation-blob.ts';
import { answersOf } from '../core/answers/answers.ts';
import { isNotNull } from '../core/datapoints.ts';
import { datasourceName, labelScheme, loopWorkflowId, type LoopSpec } from '../core/loop-spec.ts';
import { reviewTitles } from '../core/review-title.ts';
import { DagsHubDataEngine } from '../services/dagshub/data-engine.ts';
import { LabelStudioBoard } from '../services/label-studio/label-studio-board.ts';
import { LabelStudioHttp } from '../services/label-studio/label-studio-http.ts';
import { mlflowHttp } from '../services/mlflow/mlflow-http.ts';
import { MlflowTracker } from '../services/mlflow/mlflow-tracker.ts';
import type { Findings } from './verdict.ts';
import type { World } from './world.ts';

/** Histories of the loop's runs, oldest first, with their sizes. */
export interface HistorySizes {
  readonly runs: number;
  readonly mostEvents: number;
  readonly mostBytes: number;
}

/** Reads all servers, past the lines and gateways. */
export async function gatherFindings(
  world: World,
  spec: LoopSpec,
): Promise<
  Omit<Findings, 'ended' | 'answers' | 'memory' | 'unexpected'> & { readonly histories: HistorySizes }
> {
  const env = world.stack.env;
  const value = (name: string): string => env[name] ?? '';
  const labelStudio = { url: value('LABEL_STUDIO_URL'), apiKey: value('LABEL_STUDIO_API_KEY') };
  const engine = new DagsHubDataEngine({
    host: value('DAGSHUB_CLIENT_HOST'),
    token: value('DAGSHUB_USER_TOKEN'),
    repo: spec.repo,
  });
  const trackingUri = value('MLFLOW_TRACKING_URI');
  const systems = {
    engine,
    board: new LabelStudioBoard(labelStudio),
    tracker: new MlflowTracker({ trackingUri }),
  };
  const { lines, faults } = await auditLoop(systems, spec);
  return {
    ...(await reviewsOf(labelStudio, spec)),
    ...(await runsOf(trackingUri, spec)),
    annotations: await annotationsOf(engine, spec),
    audit: { lines, faults: faults.map(({ path, text }) => `${path} ${text}`) },
    ...(await replay(world, spec)),
  };
}

const taskSchema = z.looseObject({
  id: z.number(),
  data: z.looseObject({ al_key: z.string() }),
  predictions: z.array(z.looseObject({ model_version: z.string().nullish() })),
});

async function reviewsOf(
  connection: { url: string; apiKey: string },
  { loop }: LoopSpec,
): Promise<Pick<Findings, 'projects' | 'tasks' | 'predictions'>> {
  const http = new LabelStudioHttp(connection);
  const { results } = await http.json(
    { method: 'GET', path: '/api/projects/', query: { title: reviewTitles(loop), page_size: 1000 } },
    z.looseObject({ results: z.array(z.looseObject({ id: z.number(), title: z.string() })) }),
  );
  const tasks: z.output<typeof taskSchema>[] = [];
  for (const { id } of results) {
    const page = await http.json(
      { method: 'GET', path: '/api/tasks/', query: { project: id, page_size: 1000, fields: 'all' } },
      z.looseObject({ tasks: z.array(taskSchema) }),
    );
    tasks.push(...page.tasks);
  }
  return {
    projects: results.map(({ title }) => title),
    tasks: tasks.map(({ data }) => data.al_key),
    predictions: tasks.flatMap(({ id, predictions }) =>
      predictions.map(({ model_version: version }) => `${id} ${version ?? ''}`),
    ),
  };
}

const runSchema = z.looseObject({
  info: z.looseObject({ run_id: z.string() }),
  data: z.looseObject({
    tags: z.array(z.looseObject({ key: z.string(), value: z.string() })).default([]),
  }),
});

async function runsOf(trackingUri: string, { loop }: LoopSpec): Promise<Pick<Findings, 'runs' | 'versions'>> {
  const http = mlflowHttp({ trackingUri });
  const api = '/api/2.0/mlflow';
  const { experiment } = await http.json(
    { method: 'GET', path: `${api}/experiments/get-by-name`, query: { experiment_name: loop } },
    z.looseObject({ experiment: z.looseObject({ experiment_id: z.string() }) }),
  );
  const { runs } = await http.json(
    {
      method: 'POST',
      path: `${api}/runs/search`,
      json: { experiment_ids: [experiment.experiment_id], max_results: 1000 },
    },
    z.looseObject({ runs: z.array(runSchema).default([]) }),
  );
  const { model_versions: versions } = await http.json(
    { method: 'GET', path: `${api}/model-versions/search`, query: { filter: `name='${loop}'` } },
    z.looseObject({ model_versions: z.array(z.looseObject({ run_id: z.string() })).default([]) }),
  );
  return {
    runs: runs.map(
      ({ info, data }) => data.tags.find(({ key }) => key === 'labelloop.key')?.value ?? info.run_id,
    ),
    versions: versions.map(({ run_id: runId }) => runId),
  };
}

/** Datapoint → class, of all that is annotated. */
async function annotationsOf(engine: DagsHubDataEngine, spec: LoopSpec): Promise<Map<string, string>> {
  const datasource = await engine.findDatasource({ name: datasourceName(spec) });
  const annotations = new Map<string, string>();
  if (!datasource) return annotations;
  const answers = answersOf(labelScheme(spec));
  const where = isNotNull('annotation', 'BLOB');
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource.id, where }))
    for (const { path, fields } of datapoints) {
      const blob = await engine.fetchBlob(String(fields['annotation']));
      const truth = answers.truthOf(resultOfBlob(blob, path), path);
      if ('label' in truth) annotations.set(path, truth.label);
    }
  return annotations;
}

/** Replays every run's history by every version of the code, whichever wrote it. */
async function replay(
  { temporal: { client }, roots }: World,
  spec: LoopSpec,
): Promise<{ unreplayable: string[]; histories: HistorySizes }> {
  const workflowId = loopWorkflowId(spec);
  const runs: { workflowId: string; history: unknown }[] = [];
  let sizes = { runs: 0, mostEvents: 0, mostBytes: 0 };
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { historyLength, historySize } = await handle.describe();
    runs.push({ workflowId, history: await handle.fetchHistory() });
    sizes = {
      runs: sizes.runs + 1,
      mostEvents: Math.max(sizes.mostEvents, historyLength),
      mostBytes: Math.max(sizes.mostBytes, historySize ?? 0),
    };
  }
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const unreplayable: string[] = [];
  for (const [index, root] of roots.entries()) {
    const options = { workflowsPath: join(root, 'workflows/index.ts') };
    for await (const { error, runId } of Worker.runReplayHistories(options, runs))
      if (error)
        unreplayable.push(
          `The ${index === 0 ? 'first' : 'second'} version cannot replay run ${runId}: ${error.message}`,
        );
  }
  return { unreplayable, histories: sizes };
}
