import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { labelledDatapoints } from '../../activities/labelled-datapoints.ts';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { isNotNull } from '../../core/datapoints.ts';
import type { LoopState } from '../../core/loop-state.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import type { ObjectsTruth } from '../../core/truth.ts';
import { SimulatedAnnotator } from '../../demo/simulated-annotator.ts';
import { drawSampleData, sampleClasses } from '../../models/trainers/check/sample-data.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { LabelStudioHttp } from '../../services/label-studio/label-studio-http.ts';
import { Program } from '../support/program.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';

jest.setTimeout(10 * 60_000);

const scheme = { task: 'segmentation', classes: [...sampleClasses] } as const;
const loop = 'e2e-segmentation';
let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
let worker: Program | undefined;
const annotating = new AbortController();

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-segmentation-'));
});

afterAll(async () => {
  annotating.abort();
  await worker?.end('SIGTERM');
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('two cycles of outlines: the model’s are corrected in Label Studio, stand in the Data Engine, and teach the next model', async () => {
  const truth = await truthOfForms();
  const loopFile = path.join(folder, 'loop.yaml');
  await writeFile(loopFile, stringify(loopYaml));
  const env = { LABELLOOP_WORK_DIR: path.join(folder, 'work') };
  worker = new Program(['worker', '--queues', 'loop,infer,train'], env);
  const annotator = new SimulatedAnnotator(stack.labelStudio, scheme, truth);
  const annotation = annotator.work([loop], annotating.signal);
  await new Program(['start', loopFile], env).ended();

  const handle = temporal.client.workflow.getHandle(loopWorkflowId({ repo: stack.repo, loop }));
  const result = (await handle.result()) as Pick<LoopState, 'history'> & { ended: string };
  annotating.abort();
  await annotation;

  expect(result.ended).toBe('all 2 cycles are done');
  expect(result.history.map(({ trainLabels }) => trainLabels)).toEqual([8, 14, 20]);
  expect(result.history.map(({ metric }) => metric.name)).toEqual(['mAP@.5', 'mAP@.5', 'mAP@.5']);
  // Of colour and form together these shapes are easy to tell, once there is anything to learn from.
  expect(result.history.at(-1)!.metric.value).toBeGreaterThan(0.5);

  const { unaided, aided } = await predictedRegions();
  expect(unaided).toEqual([]);
  expect(new Set(aided)).toEqual(new Set(['polygonlabels']));

  const engine = new DagsHubDataEngine(stack.dagshub);
  const datasource = await engine.findDatasource({ name: loop });
  const where = isNotNull('annotation_source', 'STRING');
  const input = { datasourceId: datasource!.id, where, scheme };
  let annotated = 0;
  for await (const page of labelledDatapoints(
    { engine, workDir: folder },
    input,
    new AbortController().signal,
  ))
    for (const datapoint of page) {
      annotated += 1;
      expect(inTenths(datapoint.truth as ObjectsTruth)).toEqual(inTenths(truth.get(datapoint.path)!));
    }
  expect(annotated).toBe(6 + 6 + 8 + 2 * 6);
});

const loopYaml = {
  loop,
  repo: 'local/labelloop',
  datasource: { path: 's3://forms/images' },
  ...scheme,
  splits: { train: 0.6, valid: 0.2, test: 0.2 },
  holdOut: { images: 6 },
  validation: { images: 6 },
  training: { input: { width: 64, height: 64, channels: 3 }, params: { steps: 120, width: 8 } },
  selection: { maxImages: 6, firstImages: 8, boxes: { aggregate: 'sum' } },
  review: { pollSeconds: 1, minReadSeconds: 1 },
  stop: { cycles: 2 },
};

/** The outlines that the stack's forms were drawn by: they are the same every time. */
async function truthOfForms(): Promise<ReadonlyMap<string, ObjectsTruth>> {
  const { train, valid, unseen } = await drawSampleData(path.join(folder, 'forms'), 'segmentation');
  return new Map(
    [...train, ...valid, ...unseen].map(({ file, width = 0, height = 0, labels }) => {
      const objects = ('masks' in labels ? labels.masks : []).map(({ label, polygons }) => ({
        label,
        shape: { kind: 'polygon' as const, ringsPx: polygons.map((ring) => ring.flat()) },
      }));
      return [path.basename(file), { objects, sizePx: { width, height } }];
    }),
  );
}

/** Types of the regions that a model drew: for the batches, and for all that is answered unaided. */
async function predictedRegions(): Promise<{ unaided: string[]; aided: string[] }> {
  const http = new LabelStudioHttp(stack.labelStudio);
  const { results } = await http.json(
    { method: 'GET', path: '/api/projects/', query: { title: loop, page_size: 100 } },
    z.looseObject({ results: z.array(z.looseObject({ id: z.number(), title: z.string() })) }),
  );
  const found = { unaided: [] as string[], aided: [] as string[] };
  for (const { id, title } of results) {
    const { tasks } = await http.json(
      { method: 'GET', path: '/api/tasks/', query: { project: id, page_size: 500, fields: 'all' } },
      z.looseObject({ tasks: z.array(taskSchema) }),
    );
    const regions = tasks.flatMap(({ predictions }) => predictions.flatMap(({ result }) => result));
    found[/ cycle [12]/.test(title) ? 'aided' : 'unaided'].push(...regions.map(({ type }) => type));
  }
  return found;
}

const taskSchema = z.looseObject({
  predictions: z.array(z.looseObject({ result: z.array(z.looseObject({ type: z.string() })) })),
});

/** Label Studio keeps percents; an image without objects has no size there. */
function inTenths({ objects }: ObjectsTruth) {
  return objects.map(({ label, shape }) => ({
    label,
    ringsPx:
      shape.kind === 'polygon' && shape.ringsPx.map((ring) => ring.map((at) => Math.round(10 * at) / 10)),
  }));
}
