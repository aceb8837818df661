import { request } from 'undici';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';
import { MlflowPeople } from '../support/mlflow-people.ts';
import { runOfficialClient } from './run-official-client.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await readTestStack();
});

test("a run logged by MLflow's client through HOST/REPO.mlflow stands in MLflow", async () => {
  const { host, token, repo } = stack.dagshub;
  const { run_id: runId } = (await runOfficialClient('mlflow_client.py', {
    ...{ host, token, client: 'mlflow', env: { REPO: repo } },
  })) as { run_id: string };
  const run = await new MlflowPeople(stack.mlflowUri).run(runId, ['train_loss', 'valid_loss']);
  expect(run.params).toMatchObject({ epochs: '2' });
  expect(run.metrics.map(({ key, value, step }) => [key, value, step])).toEqual([
    ['train_loss', 1, 0],
    ['train_loss', 0.75, 1],
    ['valid_loss', 1.5, 0],
    ['valid_loss', 1.25, 1],
  ]);
}, 300_000);

test("the projects of Label Studio are listed through HOST/REPO/annotations/de with the engine's token", async () => {
  const { url, apiKey } = stack.labelStudio;
  const made = await request(`${url}/api/projects/`, {
    method: 'POST',
    headers: { authorization: `Token ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Seen through the engine' }),
  });
  const { id } = (await made.body.json()) as { id: number };
  const { host, token, repo } = stack.dagshub;
  const list = (bearer: string) =>
    request(`${host}/${repo}/annotations/de/api/projects?page_size=100`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
  const { results } = (await (await list(token)).body.json()) as { results: { id: number; title: string }[] };
  expect(results.find((project) => project.id === id)?.title).toBe('Seen through the engine');
  expect((await list(apiKey)).statusCode).toBe(401);
});
