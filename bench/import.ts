import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { objectLabelConfig } from '../core/label-config.ts';
import type { ResultItem, ReviewTask } from '../core/ports.ts';
import { hashUnit } from '../core/hash.ts';
import { LabelStudioBoard } from '../services/label-studio/label-studio-board.ts';
import { LabelStudioHttp } from '../services/label-studio/label-studio-http.ts';
import { progressPrinter } from '../stack/progress.ts';
import { startStack } from '../stack/start-stack.ts';
import { Bounds } from './bounds.ts';

const classes = ['caries', 'crown', 'root'];
const labelConfig = objectLabelConfig('detection', classes);
const boxes = 3;
/** Predictions posted one by one, half before and half after the import, as other work on the machine comes and goes. */
const posted = 300;
const anything = z.unknown();

/**
 * Tasks with three boxes each into a real Label Studio on PostgreSQL, as a review is opened: in chunks, predictions inside, counts compared. Beside it, on the same server and in the same run, one POST a prediction as the recipe does, into a small project, of which 300 are measured
 * and scaled by number.
 *
 * @throws Error when a prediction is missing or doubled, or the way of the recipe takes less than 40 times as long.
 */
export async function benchImport(count = 10_000): Promise<void> {
  const dataDir = resolve('.labelloop/bench-import');
  await rm(dataDir, { recursive: true, force: true });
  const printer = progressPrinter(process.stderr);
  const stack = await startStack({
    dataDir,
    only: ['label-studio'],
    ports: { 'label-studio': 0 },
    onProgress: printer.onEvent,
  });
  printer.settle();
  try {
    const { LABEL_STUDIO_URL: url = '', LABEL_STUDIO_API_KEY: apiKey = '' } = stack.env;
    const board = new LabelStudioBoard({ url, apiKey });
    const http = new LabelStudioHttp({ url, apiKey });
    const bounds = new Bounds();
    const project = (title: string) => board.ensureProject({ title, description: '', labelConfig });

    const one = await project('one POST a prediction');
    const tasks = reviewTasks(posted);
    const bare = tasks.map(({ prediction: _, ...task }) => task);
    await board.ensureTasks({ projectId: one, tasks: bare });
    const ids = await taskIds(http, one);
    const post = (from: number, to: number) => postOneByOne(http, tasks.slice(from, to), ids);

    const before = await post(0, posted / 2);
    const all = await project('predictions inside');
    const start = performance.now();
    await board.ensureTasks({ projectId: all, tasks: reviewTasks(count) });
    const seconds = (performance.now() - start) / 1000;
    const after = await post(posted / 2, posted);

    const eachMs = ((before + after) * 1000) / posted;
    console.log(
      `${count} tasks with ${boxes} boxes each, predictions inside: ${seconds.toFixed(1)} s, counts compared`,
    );
    console.log(
      `one POST a prediction, ${posted} measured: ${eachMs.toFixed(0)} ms each, so ${((eachMs * count) / 1000).toFixed(0)} s for ${count}, their tasks not counted`,
    );
    await assertStored(http, one, posted);
    await assertStored(http, all, count);
    bounds.atLeast('one POST a prediction ÷ predictions inside', (eachMs * count) / 1000 / seconds, 40);
    bounds.assert();
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function reviewTasks(count: number): ReviewTask[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `scans/patient-${String(index).padStart(5, '0')}.png`;
    const result = Array.from({ length: boxes }, (__, box) => boxOf(key, box));
    const prediction = { modelVersion: 'run-1', score: hashUnit('score', key), result };
    return { key, imageUrl: `https://example.org/${key}`, prediction };
  });
}

function boxOf(key: string, box: number): ResultItem {
  const at = (side: string) => Math.round(hashUnit(side, `${key} ${box}`) * 600) / 10;
  return {
    id: `b${box}`,
    type: 'rectanglelabels',
    from_name: 'label',
    to_name: 'image',
    original_width: 640,
    original_height: 480,
    image_rotation: 0,
    score: hashUnit('box', `${key} ${box}`),
    value: { x: at('x'), y: at('y'), width: 20, height: 30, rotation: 0, rectanglelabels: [classes[box]] },
  };
}

/** Seconds. */
async function postOneByOne(
  http: LabelStudioHttp,
  tasks: readonly ReviewTask[],
  ids: ReadonlyMap<string, number>,
): Promise<number> {
  const start = performance.now();
  for (const { key, prediction } of tasks) {
    const json = {
      task: ids.get(key),
      result: prediction?.result,
      score: prediction?.score,
      model_version: prediction?.modelVersion,
    };
    await http.json({ method: 'POST', path: '/api/predictions/', json }, anything);
  }
  return (performance.now() - start) / 1000;
}

async function taskIds(http: LabelStudioHttp, project: number): Promise<Map<string, number>> {
  const task = z.looseObject({ id: z.number(), data: z.looseObject({ al_key: z.string() }) });
  const { tasks } = await http.json(
    { method: 'GET', path: '/api/tasks/', query: { project, page_size: posted, include: 'id,data' } },
    z.looseObject({ tasks: z.array(task) }),
  );
  return new Map(tasks.map(({ id, data }) => [data.al_key, id]));
}

/** As the server counts them itself. */
async function assertStored(http: LabelStudioHttp, project: number, count: number): Promise<void> {
  const { task_number: tasks } = await http.json(
    { method: 'GET', path: `/api/projects/${project}/` },
    z.looseObject({ task_number: z.number() }),
  );
  const versions = await http.json(
    { method: 'GET', path: `/api/projects/${project}/model-versions/` },
    z.record(z.string(), z.number()),
  );
  if (tasks !== count || versions['run-1'] !== count)
    throw new Error(
      `Project ${project} has ${tasks} tasks and ${versions['run-1'] ?? 0} predictions, not ${count}.`,
    );
}
