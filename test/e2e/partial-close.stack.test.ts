import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { fields } from '../../core/fields.ts';
import { SimulatedAnnotator } from '../../demo/simulated-annotator.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { glyphLoop, glyphScheme } from '../support/glyph-loop.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';
import { Programs } from '../support/programs.ts';

jest.setTimeout(10 * 60_000);

const loop = 'e2e-partial-close';
const loopYaml = {
  ...glyphLoop(loop),
  holdOut: { images: 12 },
  validation: { images: 8 },
  training: { input: { width: 16, height: 16, channels: 1 }, params: { steps: 40, width: 8 } },
  selection: { maxImages: 10, firstImages: 12 },
  review: { pollSeconds: 1, minReadSeconds: 0, rest: 'withdraw', skipped: 'ask-again' },
  stop: { cycles: 1 },
};

let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
let people: LabelStudioPeople;
let annotator: SimulatedAnnotator;
let loopFile: string;
const programs = new Programs(() => ({
  LABELLOOP_WORK_DIR: path.join(folder, 'work'),
  LABELLOOP_INFER_THREADS: '1',
}));
const workflowId = loopWorkflowId(loopYaml);

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  people = new LabelStudioPeople(stack.labelStudio);
  annotator = new SimulatedAnnotator(stack.labelStudio, glyphScheme, stack.truth);
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-e2e-'));
  loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));
});

afterAll(async () => {
  await programs.end();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('reviews that close with open tasks, skips, an exclusion and two other sizes: every question is accounted for', async () => {
  const worker = programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).untilPrinted('Started');
  await waiting(0);

  // The first batch: one skipped, three left, one of them excluded; the rest is answered.
  await answerAllBut(await project('cycle 0 hold-out'), 0);
  await answerAllBut(await project('cycle 0 validation'), 0);
  const first = await project('cycle 0 first');
  const [skipped, excluded, ...others] = await keysOf(first);
  await people.skip(first, skipped!);
  await answerAllBut(first, 4);
  await command('exclude', excluded!, '--by', 'ada');
  // The task goes first.
  const isBack = async () => (await row(excluded!))[fields.selectedInCycle.name] === -1;
  await programs.until(isBack, 'the excluded image to be out');
  expect(await row(excluded!)).toMatchObject({ excluded: 'ada: a test' });
  expect(await keysOf(first)).not.toContain(excluded);
  await command('close-review');

  // The skipped image is in the next batch, which grows and shrinks while people label.
  await waiting(1);
  expect(await keysOf(first)).toHaveLength(9);
  for (const key of others.slice(0, 2))
    expect((await row(key))[fields.askedBefore.name]).toBe('0 first withdrawn: the review was closed');
  const batch = await project('cycle 1 batch');
  expect(await row(skipped!)).toMatchObject({ selected_in_cycle: 1, selected_as: 'again' });
  expect(await keysOf(batch)).toHaveLength(10);
  await command('change-selection', '--max-images', '14');
  await programs.until(async () => (await keysOf(batch)).length === 14, 'a bigger batch');
  await command('change-selection', '--max-images', '11');
  await programs.until(async () => (await keysOf(batch)).length === 11, 'a smaller batch');
  await people.skip(batch, skipped!);
  await answerAllBut(batch, 3);
  await command('close-review');

  const handle = temporal.client.workflow.getHandle(workflowId);
  await programs.until(
    async () => (await handle.describe()).status.name !== 'RUNNING',
    'the end of the loop',
  );
  expect(await handle.result()).toMatchObject({ ended: 'all 1 cycles are done' });
  expect(await row(skipped!)).toMatchObject({ excluded: 'skipped in cycle 0 and again in cycle 1' });

  const audit = programs.start('audit', loopFile);
  await audit.ended();
  // asked, sent, answered, collected, skipped, open, withdrawn: 12 + 8 + 12 + 14, of which 1 + 2 + 3 + 2 were taken back.
  expect(audit.output).toMatch(/all +46 +46 +36 +36 +2 +0 +8 +0 +0/);
  expect(audit.output).toContain('It balances');
  expect(audit.output).toContain(`excluded: ${excluded}: ada: a test`);
  await worker.end('SIGTERM');
});

async function command(name: string, ...args: string[]): Promise<void> {
  const program = programs.start(name, loopFile, ...args, '--why', 'a test');
  await program.untilPrinted('accepted');
}

async function waiting(cycle: number): Promise<void> {
  await programs.until(async () => {
    const report = await loopStatus(temporal.client, workflowId).catch(() => null);
    return report?.status?.cycle === cycle && report.status.phase === 'wait for annotations';
  }, `the wait of cycle ${cycle}`);
}

async function project(part: string): Promise<number> {
  const [id] = await people.projectsTitled(`${loop} ${part}`);
  return id!;
}

/** Oldest first. */
async function keysOf(projectId: number): Promise<string[]> {
  return (await people.storedTasks(projectId)).map(({ key }) => key);
}

/** Answers the tasks without an answer but the first few; a skipped one is among those. */
async function answerAllBut(projectId: number, leave: number): Promise<void> {
  await annotator.answerProject(projectId, AbortSignal.timeout(120_000), { leave });
}

async function row(key: string): Promise<Readonly<Record<string, unknown>>> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id }))
    for (const { path: name, fields: values } of datapoints) if (name === key) return values;
  throw new Error(`There is no image "${key}".`);
}
