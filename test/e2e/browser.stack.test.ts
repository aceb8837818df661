import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { SimulatedAnnotator } from '../../demo/simulated-annotator.ts';
import { freePort } from '../../stack/ports.ts';
import { launchChromium } from '../support/chromium.ts';
import { glyphLoop, glyphScheme } from '../support/glyph-loop.ts';
import { LabelStudioPage } from '../support/label-studio-page.ts';
import { Programs } from '../support/programs.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(5 * 60_000);

const loop = 'e2e-browser';
let stack: TestStack;
let temporal: TemporalConnection;
let browser: Browser;
let folder: string;
let webhookPort: number;
const programs = new Programs(() => ({
  LABELLOOP_WORK_DIR: path.join(folder, 'work'),
  LABELLOOP_WEBHOOK_URL: `http://127.0.0.1:${webhookPort}`,
}));
const closings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  closings.push(() => temporal.close());
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-browser-'));
  webhookPort = await freePort();
  browser = await launchChromium();
  closings.push(() => browser.close());
});

afterAll(async () => {
  await programs.end();
  await Promise.all(closings.map((close) => close()));
  await rm(folder, { recursive: true, force: true });
});

test('a person answers the last task by clicking in Label Studio, and the loop moves on; its history is in the Temporal UI', async () => {
  const loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));
  await programs.start('webhook', '--port', String(webhookPort)).untilPrinted('received at');
  programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).ended();
  const workflowId = loopWorkflowId({ repo: stack.repo, loop });

  const annotator = new SimulatedAnnotator(stack.labelStudio, glyphScheme, stack.truth);
  let last = { projectId: 0, taskId: 0 };
  for (const { title, projectId } of await untilReviews(workflowId)) {
    const leave = title.endsWith(' first') ? 1 : 0;
    const { left } = await annotator.answerProject(projectId, new AbortController().signal, { leave });
    if (left[0] !== undefined) last = { projectId, taskId: left[0] };
  }

  const person = await LabelStudioPage.logIn(browser, stack.labelStudio);
  const { page } = person;
  await person.openTask(last.projectId, last.taskId);
  await page.getByRole('checkbox', { name: /^cross/ }).click();
  await person.submit();

  await programs.until(async () => {
    const report = await loopStatus(temporal.client, workflowId).catch(() => null);
    return (report?.status?.cycle ?? 0) >= 1;
  }, 'the next cycle');

  await page.goto(`${stack.temporalUi}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`);
  await page.getByText('activeLearningLoop').first().waitFor({ timeout: 60_000 });
  await page.getByText('trainModel').first().waitFor({ timeout: 60_000 });

  await programs.start('stop', loopFile, '--why', 'the test is over').ended();
  // Else the next test's worker goes on with it.
  await temporal.client.workflow.result(workflowId);
});

const loopYaml = {
  ...glyphLoop(loop),
  holdOut: { images: 4 },
  validation: { images: 4 },
  training: { input: { width: 16, height: 16, channels: 1 }, params: { steps: 60, width: 4 } },
  selection: { maxImages: 5, firstImages: 6 },
  // The webhook has to wake it: a poll would come too late for this test.
  review: { pollSeconds: 3600, minReadSeconds: 0 },
  stop: { cycles: 1 },
};

function untilReviews(workflowId: string): Promise<{ title: string; projectId: number }[]> {
  return programs.until(async () => {
    const report = await loopStatus(temporal.client, workflowId).catch(() => null);
    if (report?.status?.phase !== 'wait for annotations') return false;
    return report.status.reviews.map(({ title, url }) => ({
      title,
      projectId: Number(/projects\/(\d+)/.exec(url)?.[1]),
    }));
  }, 'open reviews');
}
