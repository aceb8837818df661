import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import { isNotNull } from '../../core/datapoints.ts';
import { choiceOf } from '../../core/results.ts';
import { labelStudioAuthorization, mlflowAuthorization } from '../../engine/upstream-credentials.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { mlflowHttp } from '../../services/mlflow/mlflow-http.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';
import { runOfficialClient } from './run-official-client.ts';

const name = 'the recipe';
const count = 40;
const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(2, '0')}.png`);
const truth = Object.fromEntries(names.map((one, index) => [one, ['bar', 'box', 'cross'][index % 3]]));

let stack: TestStack;
let local: LocalEngine;
let folder: string;
beforeAll(async () => {
  stack = await readTestStack();
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-recipe-'));
  const { url, apiKey } = stack.labelStudio;
  local = await startLocalEngine(Object.fromEntries(names.map((one) => [one, Buffer.from(`image ${one}`)])), {
    mlflow: { url: stack.mlflowUri, authorization: mlflowAuthorization({}) },
    labelStudio: { url, authorization: labelStudioAuthorization(url, apiKey) },
  });
});
afterAll(async () => {
  await local.close();
  await rm(folder, { recursive: true, force: true });
});

const seenSchema = z.object({
  splits: z.record(z.string(), z.number()),
  cycles: z.array(
    z.object({
      train: z.number(),
      annotated: z.number(),
      asked: z.array(z.string()),
      predictions: z.number(),
      run: z.string(),
      project: z.number(),
    }),
  ),
});

test("the recipe's own Python runs two cycles through one address: Data Engine, MLflow and Label Studio", async () => {
  const truthFile = path.join(folder, 'truth.json');
  await writeFile(truthFile, JSON.stringify(truth));
  const env = {
    RECIPE_REPO: testRepo,
    RECIPE_PATH: local.rootUrl,
    RECIPE_NAME: name,
    RECIPE_TRUTH: truthFile,
  };
  const { splits, cycles } = seenSchema.parse(
    await runOfficialClient('recipe.py', { host: local.engine.url, token: testToken, env }),
  );

  // As sklearn rounds 60, 30 and 10 % of 40.
  expect(splits).toEqual({ train: 23, valid: 12, test: 5 });
  // Six to begin with, and five more a cycle.
  expect(cycles.map(({ annotated }) => annotated)).toEqual([11, 16]);
  expect(cycles.map(({ predictions }) => predictions)).toEqual([5, 5]);
  const [first, second] = cycles.map(({ asked }) => asked);
  expect(new Set([...first!, ...second!]).size).toBe(10);

  const engine = new DagsHubDataEngine({ host: local.engine.url, repo: testRepo, token: testToken });
  const datasource = await engine.findDatasource({ name });
  const stored: Record<string, string> = {};
  const annotated = { datasourceId: datasource!.id, where: isNotNull('annotation', 'BLOB') };
  for await (const { datapoints } of engine.queryDatapoints(annotated))
    for (const { path: image, fields } of datapoints) {
      const blob = await engine.fetchBlob(String(fields['annotation']));
      stored[image] = choiceOf(resultOfBlob(blob, image), ['bar', 'box', 'cross'], image);
    }
  const expected = [...names.slice(0, 6), ...first!, ...second!].map((one) => [one, truth[one]]);
  expect(stored).toEqual(Object.fromEntries(expected));

  // What went through the engine's address stands in the real MLflow.
  const mlflow = mlflowHttp({ trackingUri: stack.mlflowUri });
  for (const { run } of cycles) {
    const { files } = await mlflow.json(
      { method: 'GET', path: '/api/2.0/mlflow/artifacts/list', query: { run_id: run } },
      z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) }),
    );
    expect(files.map((file) => file.path)).toEqual(['model.json']);
  }
}, 600_000);
