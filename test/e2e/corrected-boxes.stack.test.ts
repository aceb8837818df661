import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { stringify } from 'yaml';
import { z } from 'zod';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus, type LoopReport } from '../../client/loop-status.ts';
import { answersOf } from '../../core/answers/answers.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { SimulatedAnnotator } from '../../demo/simulated-annotator.ts';
import { builtInTrainerCommand } from '../../models/trainers/run-trainer.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { mlflowHttp } from '../../services/mlflow/mlflow-http.ts';
import { blockClasses, blockScenePx } from '../support/blocks.ts';
import { launchChromium } from '../support/chromium.ts';
import { LabelStudioPage } from '../support/label-studio-page.ts';
import { LabelStudioPeople } from '../support/label-studio-people.ts';
import { Programs } from '../support/programs.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(20 * 60_000);

/** A mouse works in whole pixels of the screen, of which one of the image has about ten. */
const tolerancePx = 0.25;

interface Box {
  readonly label: string;
  readonly boxPx: readonly [number, number, number, number];
}

/** As a team has it: nothing is called what the loop would call it, and the first control of all asks for something else. */
const labelConfig = `<View>
  <Header value="Blocks of last year"/>
  <RectangleLabels name="flaws" toName="picture"><Label value="scratch"/></RectangleLabels>
  <RectangleLabels name="found" toName="picture">
    ${blockClasses.map((name) => `<Label value="${name}"/>`).join('')}
  </RectangleLabels>
  <Image name="picture" value="$image" zoom="true"/>
</View>`;
const scheme = { task: 'detection', classes: [...blockClasses] } as const;
const answers = answersOf({ ...scheme, labelConfig });

const loop = `e2e-boxes-${Date.now().toString(36)}`;
let stack: TestStack;
let people: LabelStudioPeople;
let temporal: TemporalConnection;
let browser: Browser;
let folder: string;
const programs = new Programs(() => ({
  LABELLOOP_WORK_DIR: path.join(folder, 'work'),
  LABELLOOP_INFER_THREADS: '1',
}));
const closings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stack = await readTestStack();
  people = new LabelStudioPeople(stack.labelStudio);
  temporal = await connectTemporal();
  closings.push(() => temporal.close());
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-boxes-'));
  browser = await launchChromium();
  closings.push(() => browser.close());
});

afterAll(async () => {
  await programs.end();
  await Promise.all(closings.map((close) => close()));
  await rm(folder, { recursive: true, force: true });
});

test('boxes that a person corrects by clicking are the annotation, and what the next model learns from', async () => {
  const title = `Blocks of last year, ${loop}`.slice(0, 50);
  await people.call('POST', '/api/projects/', { title, label_config: labelConfig });
  const loopFile = path.join(folder, 'loop.yaml');
  await mkdir(path.join(folder, 'manifests'));
  await writeFile(loopFile, stringify(loopYaml(title)));
  programs.start('worker', '--queues', 'loop,infer,train');
  await programs.start('start', loopFile).ended();

  const first = await untilLoop(
    'the first reviews',
    ({ status }) => status?.phase === 'wait for annotations',
  );
  const annotator = new SimulatedAnnotator(stack.labelStudio, { ...scheme, labelConfig }, stack.blocks);
  for (const projectId of projectsOf(first))
    await annotator.answerProject(projectId, new AbortController().signal);

  const second = await untilLoop(
    'the pre-annotated batch',
    ({ status }) => status?.phase === 'wait for annotations' && status.cycle === 1,
  );
  const [projectId = 0] = projectsOf(second);
  const tasks = await people.rawTasks(projectId);
  const task = [...tasks]
    .sort((a, b) => predicted(a).length - predicted(b).length)
    .find((one) => twoApart(predicted(one)) !== null);
  if (!task) throw new Error(`The model found no two boxes apart: ${JSON.stringify(tasks.map(predicted))}`);
  const key = task.data.al_key;

  const person = await LabelStudioPage.logIn(browser, stack.labelStudio);
  await person.openTask(projectId, task.id);
  const wanted = await correct(person, predicted(task));
  const sent = await person.submit();
  for (const { data } of tasks.filter((one) => one !== task))
    await people.answer(
      projectId,
      data.al_key,
      answers.resultOf({ path: data.al_key, truth: stack.blocks.get(data.al_key)! }),
    );

  // What the person did stands in Label Studio, and nothing else.
  const [kept, changed, drawn] = wanted;
  expect(sent.result.map(({ origin, from_name: control }) => [origin, control])).toEqual([
    ['prediction', 'found'],
    ['prediction-changed', 'found'],
    ['manual', 'found'],
  ]);
  const corrected = sent.result.map(boxOf);
  expect(corrected[0]).toEqual(kept);
  for (const [index, box] of [changed, drawn].entries()) {
    expect(corrected[index + 1]?.label).toBe(box.label);
    corrected[index + 1]?.boxPx.forEach((lengthPx, place) =>
      expect(Math.abs(lengthPx - box.boxPx[place]!)).toBeLessThan(tolerancePx),
    );
  }

  const { history, ended } = await untilLoop('the end of the loop', ({ state }) => state !== 'RUNNING');
  expect(ended).toBe('all 1 cycles are done');
  const stored = JSON.parse(await annotationOf(key)) as { annotations: { id: number; result: unknown }[] };
  expect(stored.annotations).toEqual([expect.objectContaining({ id: sent.id, result: sent.result })]);

  // And how much of its suggestion was left stands in the run of the model.
  expect(await metricsOf(task.predictions[0]!.model_version)).toMatchObject({
    'review/answers': 1,
    'review/accepted_share': 0,
    'review/regions_kept': 1,
    'review/regions_changed': 1,
    'review/regions_added': 1,
    'review/regions_deleted': predicted(task).length - 2,
  });

  const manifest = await manifestOf(history.at(-1)?.runId ?? '');
  expect(manifest.get(key)).toEqual(corrected.map(exactly));
  // All others are as they were answered: the first batch, and the rest of this one.
  expect(manifest.size).toBe(firstImages + maxImages);
  for (const [id, boxes] of manifest)
    if (id !== key) expect(boxes).toEqual(stack.blocks.get(id)?.objects.map(boxOfTruth).map(exactly));
});

const firstImages = 10;
const maxImages = 4;

function loopYaml(copyFrom: string) {
  return {
    loop,
    repo: 'local/labelloop',
    datasource: { path: 's3://blocks/images' },
    ...scheme,
    splits: { train: 0.6, valid: 0.2, test: 0.2 },
    holdOut: { images: 4 },
    validation: { images: 4 },
    training: {
      // The built-in one, and a copy of each manifest that it was given, by the name of its run.
      trainer: [
        'sh',
        '-c',
        `job=$(dirname "$AL_JOB") && cp "$job/train.jsonl" "${folder}/manifests/$(basename "$job").jsonl" && exec "$@"`,
        'sh',
        ...builtInTrainerCommand('detection'),
      ],
      input: { width: blockScenePx, height: blockScenePx, channels: 3 },
      params: { steps: 120, width: 8, lr: 0.01, augment: false, evalEverySteps: 60 },
    },
    selection: { maxImages, firstImages },
    review: { copyFrom, pollSeconds: 2, minReadSeconds: 0 },
    stop: { cycles: 1 },
  };
}

/**
 * Keeps the surest box; resizes, moves and renames the surest that is apart from it; deletes the others; draws one where none is.
 *
 * @returns What should stand there then, in this order.
 */
async function correct(person: LabelStudioPage, boxes: readonly PredictedBox[]): Promise<[Box, Box, Box]> {
  const [kept, changed] = twoApart(boxes)!;
  const shown = (await person.boxes()).map(({ id }) => id);
  expect([...shown].sort()).toEqual(boxes.map(({ id }) => id).sort());
  // From the top of the list, which shows the first few and must be scrolled for more.
  for (const id of shown) if (id !== kept.id && id !== changed.id) await person.deleteBox(id);

  const [x, y, width, height] = changed.boxPx;
  const towardsMiddle = (from: number, length: number) => (from + length / 2 < blockScenePx / 2 ? 3 : -3);
  const [right, down] = [towardsMiddle(x, width), towardsMiddle(y, height)];
  const label = changed.label === 'amber' ? 'violet' : 'amber';
  await person.resizeBox(changed.id, [percent(x + width - 3), percent(y + height - 2)]);
  await person.moveBox(changed.id, [percent(right), percent(down)]);
  await person.relabelBox(changed.id, label);
  const moved: Box = { label, boxPx: [x + right, y + down, width - 3, height - 2] };

  const drawnPx = freePlace([kept.boxPx, moved.boxPx], 9);
  const [left, top] = drawnPx;
  await person.drawBox(
    'amber',
    [percent(left), percent(top)],
    [percent(left + drawnPx[2]), percent(top + drawnPx[3])],
  );
  return [{ label: kept.label, boxPx: kept.boxPx }, moved, { label: 'amber', boxPx: drawnPx }];
}

/** The surest box, and the surest of those that do not touch it. */
function twoApart(boxes: readonly PredictedBox[]): [PredictedBox, PredictedBox] | null {
  const [kept, ...others] = [...boxes].sort((a, b) => b.score - a.score);
  const changed = others.find((box) => kept && isApart(box.boxPx, kept.boxPx));
  return kept && changed ? [kept, changed] : null;
}

interface PredictedBox extends Box {
  readonly id: string;
  readonly score: number;
}

function predicted({ predictions }: { predictions: { result: readonly unknown[] }[] }): PredictedBox[] {
  return (predictions[0]?.result ?? []).map((item) => {
    const { id, score } = item as { id: string; score: number };
    return { id, score, ...boxOf(item as Record<string, unknown>) };
  });
}

/** A region of Label Studio in pixels. */
function boxOf({ value }: Record<string, unknown>): Box {
  const { x, y, width, height, rectanglelabels } = value as Record<'x' | 'y' | 'width' | 'height', number> & {
    rectanglelabels: [string];
  };
  const px = (share: number) => (share * blockScenePx) / 100;
  return { label: rectanglelabels[0], boxPx: [px(x), px(y), px(width), px(height)] };
}

function boxOfTruth({ label, shape }: { label: string; shape: object }): Box {
  return { label, boxPx: (shape as { boxPx: Box['boxPx'] }).boxPx };
}

/** From percent to pixels there is more than one way to round the last digit. */
function exactly({ label, boxPx }: Box) {
  return { label, boxPx: boxPx.map((lengthPx) => expect.closeTo(lengthPx, 9) as number) };
}

function percent(lengthPx: number): number {
  return (100 * lengthPx) / blockScenePx;
}

function isApart(a: Box['boxPx'], b: Box['boxPx']): boolean {
  return a[0] > b[0] + b[2] || b[0] > a[0] + a[2] || a[1] > b[1] + b[3] || b[1] > a[1] + a[3];
}

/** A square of that many pixels a side, apart from all boxes. */
function freePlace(boxes: readonly Box['boxPx'][], sidePx: number): Box['boxPx'] {
  for (let y = 2; y + sidePx < blockScenePx - 2; y++)
    for (let x = 2; x + sidePx < blockScenePx - 2; x++)
      if (boxes.every((box) => isApart([x - 1, y - 1, sidePx + 2, sidePx + 2], box)))
        return [x, y, sidePx, sidePx];
  throw new Error(`There is no room beside ${JSON.stringify(boxes)}.`);
}

async function annotationOf(key: string): Promise<string> {
  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId: datasource!.id }))
    for (const { path: one, fields } of datapoints)
      if (one === key) return new TextDecoder().decode(await engine.fetchBlob(String(fields['annotation'])));
  throw new Error(`The datasource has no "${key}".`);
}

async function metricsOf(runId: string): Promise<Record<string, number>> {
  const { run } = await mlflowHttp({ trackingUri: stack.mlflowUri }).json(
    { method: 'GET', path: '/api/2.0/mlflow/runs/get', query: { run_id: runId } },
    z.object({ run: z.object({ data: z.object({ metrics: z.array(metricSchema) }) }) }),
  );
  return Object.fromEntries(run.data.metrics.map(({ key, value }) => [key, value]));
}

const metricSchema = z.object({ key: z.string(), value: z.number() });

/** What a training was given to learn from, by the image's path. */
async function manifestOf(runId: string): Promise<Map<string, Box[]>> {
  const text = await readFile(path.join(folder, 'manifests', `${runId}.jsonl`), 'utf8');
  const lines = text.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const { id, labels } = JSON.parse(line) as { id: string; labels: { boxes: ManifestBox[] } };
      return [id, labels.boxes.map(({ label, x, y, w, h }) => ({ label, boxPx: [x, y, w, h] as const }))];
    }),
  );
}

interface ManifestBox {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function projectsOf({ status }: LoopReport): number[] {
  return (status?.reviews ?? []).map(({ url }) => Number(/projects\/(\d+)/.exec(url)?.[1]));
}

async function untilLoop(what: string, isIt: (report: LoopReport) => boolean): Promise<LoopReport> {
  const look = async () => {
    const report = await loopStatus(temporal.client, loopWorkflowId({ repo: stack.repo, loop })).catch(
      () => null,
    );
    return report && isIt(report) ? report : null;
  };
  return programs.until(look, what);
}
