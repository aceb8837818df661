import type { Client } from '@temporalio/client';
import { request } from 'undici';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { LabelStudioPeople } from './label-studio-people.ts';
import type { TestStack } from './stack-environment.ts';

/** Everything that a loop told the systems around it, as text by the place where it stands. */
export async function toldOfLoop(
  { stack, client }: { stack: TestStack; client: Client },
  loop: string,
): Promise<ReadonlyMap<string, string>> {
  const told = new Map<string, string>();
  const workflowId = loopWorkflowId({ repo: stack.repo, loop });
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    told.set(`history of ${runId}`, decoded(await handle.fetchHistory()));
    const { raw, ...description } = await handle.describe();
    told.set(`description of ${runId}`, decoded([raw, description]));
  }
  for (const [place, text] of await toldMlflow(stack.mlflowUri, loop)) told.set(place, text);
  const people = new LabelStudioPeople(stack.labelStudio);
  const { results } = await people.call<{ results: { id: number }[] }>(
    'GET',
    `/api/projects/?page_size=1000&title=${encodeURIComponent(`${loop} cycle `)}`,
  );
  for (const project of results) {
    told.set(`project ${project.id}`, JSON.stringify(project));
    told.set(`tasks of ${project.id}`, JSON.stringify(await people.rawTasks(project.id)));
    // The header of the webhook's own secret is what Label Studio needs to send.
    const hooks = await people.rawWebhooks(project.id);
    told.set(`webhooks of ${project.id}`, JSON.stringify(hooks.map(({ headers: _, ...hook }) => hook)));
  }
  return told;
}

/** JSON in which bytes are the text that they hold. */
function decoded(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'bigint') return String(one);
    return one instanceof Uint8Array ? Buffer.from(one).toString('utf8') : one;
  });
}

/** Of all runs: what MLflow tells of them, the names of their artifacts, and those that are text. */
async function toldMlflow(trackingUri: string, loop: string): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  const api = `${trackingUri}/api/2.0/mlflow`;
  const found = await json<{ experiment?: { experiment_id: string } }>(
    `${api}/experiments/get-by-name?experiment_name=${loop}`,
  );
  if (!found.experiment) return told;
  told.set('experiment', JSON.stringify(found));
  type Run = { info: { run_id: string; artifact_uri: string } };
  const { runs = [] } = await json<{ runs?: Run[] }>(`${api}/runs/search`, {
    experiment_ids: [found.experiment.experiment_id],
    max_results: 1000,
  });
  for (const run of runs) {
    const { run_id: id, artifact_uri: uri } = run.info;
    const root = uri.replace('mlflow-artifacts:/', `${trackingUri}/api/2.0/mlflow-artifacts/artifacts/`);
    told.set(`run ${id}`, JSON.stringify(run));
    const folders = [''];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      type Listing = { files?: { path: string; is_dir: boolean }[] };
      const { files = [] } = await json<Listing>(`${api}/artifacts/list?run_id=${id}&path=${folder}`);
      for (const { path, is_dir: isFolder } of files) {
        if (isFolder) folders.push(path);
        const isText = /\.(json|txt|csv|yaml)$/.test(path);
        const text = isText ? await (await request(`${root}/${path}`)).body.text() : '';
        told.set(`artifact ${path} of ${id}`, `${path}\n${text}`);
      }
    }
  }
  const filter = encodeURIComponent(`name='${loop}'`);
  told.set('versions', JSON.stringify(await json(`${api}/model-versions/search?filter=${filter}`)));
  return told;
}

async function json<T>(url: string, body?: object): Promise<T> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;
  const response = await request(url, body && { ...post, body: JSON.stringify(body) });
  return (await response.body.json()) as T;
}

/** Where a secret stands, also as base64, alone or as a password. */
export function placesOf(secret: string, told: ReadonlyMap<string, string>): string[] {
  const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
  return [...told].filter(([, text]) => forms.some((form) => text.includes(form))).map(([place]) => place);
}
