import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { hashUnit } from '../../core/hash.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { loopTitle } from '../../core/review-title.ts';
import type { LoopResult } from '../../workflows/active-learning-loop.ts';
import { answerNext } from '../support/answer-next.ts';
import { glyphLoop, glyphScheme } from '../support/glyph-loop.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { Programs } from '../support/programs.ts';
import { signUp, type Person } from '../support/sign-up.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(10 * 60_000);

const loop = 'e2e-second-opinions';
/** Of the 29 images to learn from 24 are in the first batch, so that of six labels one at least is for a second opinion. */
const loopYaml = {
  ...glyphLoop(loop),
  splits: { train: 0.02, valid: 0.485, test: 0.485 },
  holdOut: { images: 3 },
  validation: { images: 3 },
  training: { input: { width: 16, height: 16, channels: 1 }, params: { steps: 30, width: 8 } },
  selection: { secondOpinions: true, firstImages: 24, maxImages: 6, randomShare: 0 },
  review: { projects: 'loop', pollSeconds: 1, minReadSeconds: 0 },
  stop: { cycles: 1 },
};
const workflowId = loopWorkflowId(loopYaml);
let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
const programs = new Programs(() => ({
  LABELLOOP_WORK_DIR: path.join(folder, 'work'),
  LABELLOOP_INFER_THREADS: '1',
}));

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-second-'));
});

afterAll(async () => {
  await programs.end();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('labels that look wrong go to the other of two people, who finds them among the new images; the audit balances', async () => {
  const people: Person[] = [];
  for (const name of ['bob', 'eve'])
    people.push(await signUp(stack.labelStudio, `${name}@${loop}.example.com`));
  const [bob, eve] = people as [Person, Person];
  const loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));
  programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).ended();

  await annotate(3 + 3 + 24);
  await programs.until(async () => {
    const { cycle, phase } = (await status()) ?? {};
    return cycle === 1 && phase === 'wait for annotations';
  }, 'the batch of cycle 1');
  const before = new Map((await tasks()).map((task) => [task.key, task]));
  const again = [...before.values()].filter(({ people: count }) => count === 2);
  expect(again.length).toBeGreaterThan(0);
  for (const { cycle, by } of again) expect([cycle, by.length]).toEqual(['1', 1]);
  expect([...before.values()].filter(({ cycle }) => cycle === '1')).toHaveLength(6);
  const news = 6 - again.length;
  expect(await programs.said('status', loopFile)).toContain(
    `Cycle 1 asks ${news} new image${news === 1 ? '' : 's'} and ${again.length} second opinion${again.length === 1 ? '' : 's'}`,
  );

  await annotate(6);
  const { history } = (await temporal.client.workflow.result(workflowId)) as LoopResult;
  expect(history[0]).toMatchObject({ selected: 6, secondOpinions: again.length });
  for (const { key, by } of await tasks())
    expect([key, [...by].sort()]).toEqual([
      key,
      before.get(key)?.people === 2 ? [bob.id, eve.id] : [expect.any(Number)],
    ]);

  const all = 3 + 3 + 24 + 6;
  const audit = await programs.said('audit', loopFile);
  expect(audit).toMatch(new RegExp(`all +${all} +${all} +${all} +${all} +0 +0 +0 +0`));
  expect(audit).toContain('It balances');
  expect(await programs.said('replay', loopFile, '--cycle', '1')).toContain('chose the same 6 of');

  /** In turn, so that each has half of what is for either; Bob is often wrong about the first images. */
  async function annotate(answers: number): Promise<void> {
    let given = 0;
    await programs.until(async () => {
      const [project] = await admin().projectsTitled(loopTitle(loop));
      for (const person of project === undefined ? [] : people)
        if (given < answers && (await answerNext(person, project!, labelBy(person))) !== null) given += 1;
      return given === answers;
    }, `${answers} answers`);
  }

  function labelBy(person: Person): (key: string) => string {
    return (key) => {
      const { classes } = glyphScheme;
      const truth = classes.findIndex((label) => label === stack.truth.get(key)!.label);
      const isWrong = person === bob && hashUnit('wrong', key) < 0.4;
      return classes[isWrong ? (truth + 1) % classes.length : truth]!;
    };
  }
});

async function status() {
  return (await loopStatus(temporal.client, workflowId).catch(() => null))?.status;
}

function admin(): LabelStudioPeople {
  return new LabelStudioPeople(stack.labelStudio);
}

async function tasks() {
  const [project] = await admin().projectsTitled(loopTitle(loop));
  const stored = await admin().rawTasks(project!);
  return stored.map(({ data, overlap, annotations }) => ({
    key: data.al_key,
    cycle: (data as { al_cycle?: string }).al_cycle,
    people: overlap,
    by: annotations.map((one) => (one as unknown as { completed_by: number }).completed_by),
  }));
}
