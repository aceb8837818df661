import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { trainModelActivity } from '../../activities/train-model.ts';
import { annotationBlob } from '../../core/annotation-blob.ts';
import { answersOf, type LabelScheme } from '../../core/answers/answers.ts';
import type { MetadataEntry } from '../../core/datapoints.ts';
import { fields } from '../../core/fields.ts';
import { writeJob } from '../../models/trainers/job.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { FakeExperimentTracker } from '../support/fake-experiment-tracker.ts';
import { FakeTrainer } from '../support/fake-trainer.ts';
import { startLocalEngine, testRepo, testToken, type LocalEngine } from '../support/local-engine.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';
import { runOfficialClient } from './run-official-client.ts';

const scheme: LabelScheme = { task: 'classification', classes: ['cat', 'dog'] };
const names = Array.from({ length: 8 }, (_, index) => `${index}.png`);

let local: LocalEngine;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-job-query-'));
  local = await startLocalEngine(Object.fromEntries(names.map((one) => [one, Buffer.from(`image ${one}`)])));
});
afterAll(async () => {
  await local.close();
  await rm(folder, { recursive: true, force: true });
});

test("DagsHub's client finds a job's very examples by the query in job.json, also when people have annotated more since", async () => {
  const engine = new DagsHubDataEngine({ host: local.engine.url, repo: testRepo, token: testToken });
  const datasource = await engine.ensureDatasource({ name: 'pets', rootUrl: local.rootUrl });
  await engine.declareFields({ datasourceId: datasource.id, fields: Object.values(fields) });
  const write = (entries: MetadataEntry[]) => engine.updateMetadata({ datasourceId: datasource.id, entries });
  const text = (image: string, field: 'split' | 'selectedAs', value: string): MetadataEntry => {
    return { path: image, key: fields[field].name, valueType: 'STRING', value };
  };
  const annotation = (image: string): MetadataEntry => {
    const result = answersOf(scheme).resultOf({ path: image, truth: { label: 'cat' } });
    const imageUrl = engine.downloadUrl({ rootUrl: local.rootUrl, path: image });
    const value = annotationBlob({ imageUrl, annotation: { result } });
    return { path: image, key: fields.annotation.name, valueType: 'BLOB', value };
  };
  const [train, valid] = [names.slice(0, 5), names.slice(5)];
  await write([
    ...train.map((one) => text(one, 'split', 'train')),
    ...valid.flatMap((one) => [text(one, 'split', 'valid'), text(one, 'selectedAs', 'validation')]),
  ]);
  await write([...train.slice(0, 3), ...valid.slice(0, 2)].map(annotation));

  const trainer = new FakeTrainer();
  const deps = { engine, tracker: new FakeExperimentTracker(), trainer, workDir: path.join(folder, 'work') };
  await runActivity(trainModelActivity(deps).trainModel, {
    workflowId: 'wf',
    loop: 'pets',
    cycle: 1,
    repo: testRepo,
    datasource: { id: datasource.id, name: 'pets', rootUrl: local.rootUrl },
    scheme,
    seed: 1,
    training: loopSpec().training,
    startTimeMs: Date.now(),
  });
  const [job] = trainer.jobs;
  const lines = { train: [], valid: [] };
  const { jobFile } = await writeJob(path.join(folder, 'job'), { ...job!, ...lines });
  // A query as of a second knows all of that second.
  await delay(1100);
  await write([annotation(train[4]!), annotation(valid[2]!)]);

  const found = await runOfficialClient('job_query.py', {
    host: local.engine.url,
    token: testToken,
    env: { JOB: jobFile },
  });
  expect(found).toEqual({ train: ['0.png', '1.png', '2.png'], valid: ['5.png', '6.png'] });
  expect(job!.train.map(({ id }) => id)).toEqual(['0.png', '1.png', '2.png']);
}, 600_000);
