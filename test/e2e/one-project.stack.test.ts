import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { isNotNull } from '../../core/datapoints.ts';
import { fields } from '../../core/fields.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { SimulatedAnnotator } from '../../demo/simulated-annotator.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import type { LoopStatus } from '../../workflows/messages.ts';
import { glyphLoop, glyphScheme } from '../support/glyph-loop.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { Programs } from '../support/programs.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(10 * 60_000);

const loop = 'e2e-one-project';
const loopYaml = {
  ...glyphLoop(loop),
  holdOut: { images: 8 },
  validation: { images: 4 },
  training: { input: { width: 16, height: 16, channels: 1 }, params: { steps: 30, width: 8 } },
  selection: { maxImages: 5, firstImages: 6 },
  review: { pollSeconds: 1, minReadSeconds: 0, projects: 'loop' },
  stop: { cycles: 2 },
};
const workflowId = loopWorkflowId(loopYaml);

let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
let people: LabelStudioPeople;
const programs = new Programs(() => ({
  LABELLOOP_WORK_DIR: path.join(folder, 'work'),
  LABELLOOP_INFER_THREADS: '1',
}));

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  people = new LabelStudioPeople(stack.labelStudio);
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-e2e-'));
});

afterAll(async () => {
  await programs.end();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('three cycles share a project: each is waited for by itself, a late answer counts for its own, and people start from the newest model', async () => {
  const loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));
  programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).untilPrinted('Started');

  await waiting(0);
  const [project] = await people.projectsTitled(`${loop} cycle by cycle`);
  expect(await tasksByCycle(project!)).toEqual({ 0: 18 });
  await answerAllBut(project!, 0);

  await waiting(1);
  expect(await tasksByCycle(project!)).toEqual({ 0: 18, 1: 5 });
  const ofFirst = await people.modelVersion(project!);
  await answerAllBut(project!, 1);
  const [late] = (await people.rawTasks(project!)).filter(({ annotations }) => annotations.length === 0);
  await programs.start('close-review', loopFile, '--why', 'a test').untilPrinted('accepted');

  expect((await waiting(2)).settled).toMatchObject({ needed: 5 });
  expect(await tasksByCycle(project!)).toEqual({ 0: 18, 1: 5, 2: 5 });
  const ofSecond = await people.modelVersion(project!);
  expect(ofSecond).not.toBe(ofFirst);
  await answerAllBut(project!, 0);

  const handle = temporal.client.workflow.getHandle(workflowId);
  await programs.until(
    async () => (await handle.describe()).status.name !== 'RUNNING',
    'the end of the loop',
  );
  expect(await handle.result()).toMatchObject({ ended: 'all 2 cycles are done' });
  const tasks = await people.rawTasks(project!);
  expect(new Set(tasks.map(({ data }) => data.al_key)).size).toBe(28);
  expect(tasks.map(({ annotations }) => annotations.length)).toEqual(tasks.map(() => 1));
  // Nobody is shown a suggestion for hold-out, validation and the first batch.
  expect(tasks.map(({ predictions }) => predictions[0]?.model_version ?? null)).toEqual([
    ...Array<null>(18).fill(null),
    ...Array<string | null>(5).fill(ofFirst),
    ...Array<string | null>(5).fill(ofSecond),
  ]);
  const annotatedIn = await annotationCycles();
  expect(annotatedIn.get(late!.data.al_key)).toBe(1);
  expect([...annotatedIn.values()].sort()).toEqual([
    ...Array<number>(18).fill(0),
    ...Array<number>(5).fill(1),
    ...Array<number>(5).fill(2),
  ]);

  const audit = programs.start('audit', loopFile);
  await audit.ended();
  // asked, sent, answered, collected, skipped, open, withdrawn, …
  expect(audit.output).toMatch(/all +28 +28 +28 +28 +0 +0 +0 +0 +0/);
  expect(audit.output).toContain('It balances');
  const mine = await people.call<{ results: { title: string }[] }>('GET', `/api/projects/?title=${loop}`);
  expect(mine.results.map(({ title }) => title)).toEqual([`${loop} cycle by cycle`]);
});

async function waiting(cycle: number): Promise<LoopStatus> {
  return programs.until(async () => {
    const { status = null } = (await loopStatus(temporal.client, workflowId).catch(() => null)) ?? {};
    const { phase, settled, cycle: now } = status ?? {};
    return now === cycle && phase === 'wait for annotations' && settled !== null && status;
  }, `the wait of cycle ${cycle}`);
}

async function answerAllBut(projectId: number, leave: number): Promise<void> {
  const annotator = new SimulatedAnnotator(stack.labelStudio, glyphScheme, stack.truth);
  await annotator.answerProject(projectId, AbortSignal.timeout(120_000), { leave });
}

async function tasksByCycle(projectId: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { data } of await people.rawTasks(projectId)) {
    const cycle = (data as { al_cycle?: string }).al_cycle ?? 'none';
    counts[cycle] = (counts[cycle] ?? 0) + 1;
  }
  return counts;
}

/** The cycle that each label is of, by path. */
async function annotationCycles(): Promise<Map<string, number>> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  const { annotation, annotatedInCycle } = fields;
  const cycles = new Map<string, number>();
  const where = isNotNull(annotation.name, annotation.valueType);
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id, where }))
    for (const { path: key, fields: row } of datapoints) cycles.set(key, Number(row[annotatedInCycle.name]));
  return cycles;
}
