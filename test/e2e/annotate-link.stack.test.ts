import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { request } from 'undici';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus, type LoopReport } from '../../client/loop-status.ts';
import type { AnnotationLink } from '../../client/annotation-link.ts';
import type { LoopAudit } from '../../client/audit-loop.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { choiceResult } from '../../core/results.ts';
import { runOfficialClient } from '../conformance/run-official-client.ts';
import { glyphLoop } from '../support/glyph-loop.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { Programs } from '../support/programs.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(10 * 60_000);

const loop = 'e2e-annotate-link';
const loopYaml = {
  ...glyphLoop(loop),
  holdOut: { images: 4 },
  validation: { images: 3 },
  training: { input: { width: 16, height: 16, channels: 1 }, params: { steps: 20, width: 8 } },
  selection: { maxImages: 3, firstImages: 5 },
  // Only a command ends a review.
  review: { pollSeconds: 3600, minReadSeconds: 0 },
};
const asked = 4 + 3 + 5;
const workflowId = loopWorkflowId(loopYaml);

let stack: TestStack;
let temporal: TemporalConnection;
let people: LabelStudioPeople;
let folder: string;
let loopFile: string;
const programs = new Programs(() => ({
  LABELLOOP_WORK_DIR: path.join(folder, 'work'),
  LABELLOOP_INFER_THREADS: '1',
}));

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  people = new LabelStudioPeople(stack.labelStudio);
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-link-'));
  loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));
});

afterAll(async () => {
  await programs.end();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('what somebody annotates behind the link, and saves as DagsHub does, is learnt from and asked no more', async () => {
  programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).ended();
  await waiting(0);
  const { link, ...told } = await json<AnnotationLink>('annotate');
  expect(told).toEqual({ cycle: 0, images: asked });

  // In a browser: a name, and whose labels.
  const [first] = await people.projectsTitled(`${loop} cycle 0 first`);
  const made = await request(link!, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ title: 'by hand', labels_of: String(first) }).toString(),
  });
  expect(made.statusCode).toBe(303);
  const project = /\/projects\/(\d+)\/data$/.exec(String(made.headers.location))![1]!;
  const left = (await people.storedTasks(first!))[0]!.key;
  for (const { id, data } of await people.rawTasks(Number(project))) {
    const key = path.basename(data.image);
    if (key === left) continue;
    const { label } = stack.truth.get(key)!;
    const result = choiceResult({ fromName: 'choice', toName: 'image', label, key });
    await people.call('POST', `/api/tasks/${id}/annotations/`, { result, lead_time: 2 });
  }
  const { host, token, repo } = stack.dagshub;
  const env = { REPO: repo, PROJECT: project, DATASOURCE: loop };
  const { saved } = (await runOfficialClient('save_annotations.py', { host, token, env })) as {
    saved: string[];
  };
  expect(saved).toHaveLength(asked - 1);

  await programs.start('close-review', loopFile, '--why', 'annotated in DagsHub').ended();
  expect((await waiting(1)).history).toMatchObject([{ cycle: 1, trainLabels: 4, holdOut: 4 }]);
  expect((await people.storedTasks(first!)).map(({ key }) => key)).toEqual([left]);
  await programs.start('stop', loopFile, '--why', 'enough').ended();
  const handle = temporal.client.workflow.getHandle(workflowId);
  await handle.result();
  const { lines, faults } = await json<Pick<LoopAudit, 'lines' | 'faults'>>('audit');
  expect(faults).toEqual([]);
  const known = lines.map(({ cycle, purpose, known: count }) => [cycle, purpose, count]);
  expect(known).toEqual([
    [0, 'first', 4],
    [0, 'hold-out', 4],
    [0, 'validation', 3],
    [1, 'score', 0],
  ]);
});

async function json<T>(command: string): Promise<T> {
  const output = await programs.said(command, loopFile, '--json');
  return JSON.parse(output.slice(output.indexOf('{'))) as T;
}

async function waiting(cycle: number): Promise<LoopReport> {
  return programs.until(async () => {
    const report = await loopStatus(temporal.client, workflowId).catch(() => null);
    return report?.status?.cycle === cycle && report.status.phase === 'wait for annotations' && report;
  }, `the wait of cycle ${cycle}`);
}
