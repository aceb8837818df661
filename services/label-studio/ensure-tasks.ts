import { z } from 'zod';
import { ServiceUnavailableError } from '../../core/errors.ts';
import type { ReviewTask } from '../../core/ports.ts';
import { assertSendable } from './assert-sendable.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { listTasks } from './list-tasks.ts';
import { keyedTaskSchema, predictedTaskSchema } from './task-json.ts';

/** Keys a look-up; its filter travels in the URL, which must stay under 64 KiB. */
const keysPerLookup = 200;
const tasksPerImport = 500;

const anything = z.unknown();

/**
 * One task a key, with its prediction inside, however often this is called and wherever an earlier call died.
 *
 * SQLite answers 201 and loses the predictions of an import that met another writer, so what is stored is read back and mended: missing
 * predictions are added in bulk, doubled tasks are removed.
 */
export async function ensureTasks(
  http: LabelStudioHttp,
  input: {
    projectId: number;
    labelConfig: string;
    tasks: readonly ReviewTask[];
    onProgress?: (done: number) => void;
  },
  signal?: AbortSignal,
): Promise<{ created: number; existing: number }> {
  const { projectId, tasks, onProgress } = input;
  assertSendable(tasks, input.labelConfig);
  let created = 0;
  for (let start = 0; start < tasks.length; start += tasksPerImport) {
    const chunk = tasks.slice(start, start + tasksPerImport);
    const known = await taskIdsByKey(http, projectId, chunk, signal);
    const missing = chunk.filter(({ key }) => !known.has(key));
    if (missing.length > 0)
      await http.json(
        { method: 'POST', path: `/api/projects/${projectId}/import`, json: missing.map(taskJson), signal },
        anything,
      );
    created += missing.length;
    await mend(http, projectId, chunk, signal);
    onProgress?.(start + chunk.length);
  }
  return { created, existing: tasks.length - created };
}

/** Reads a chunk back; removes doubles, adds lost predictions, and insists that everything is there. */
async function mend(
  http: LabelStudioHttp,
  projectId: number,
  chunk: readonly ReviewTask[],
  signal?: AbortSignal,
): Promise<void> {
  const stored = await taskIdsByKey(http, projectId, chunk, signal);
  const doubled = [...stored.values()].filter((ids) => ids.length > 1);
  if (doubled.length > 0) {
    const included = doubled.flat();
    await http.json(
      {
        method: 'POST',
        path: '/api/dm/actions/',
        query: { id: 'remove_duplicates', project: projectId },
        json: { selectedItems: { all: false, included }, project: String(projectId) },
        signal,
      },
      anything,
    );
  }
  const after = doubled.length > 0 ? await taskIdsByKey(http, projectId, chunk, signal) : stored;
  const lost = chunk.filter(({ key }) => after.get(key)?.length !== 1);
  if (lost.length > 0)
    throw new ServiceUnavailableError(
      `Label Studio: project ${projectId} holds ${after.get(lost[0]?.key ?? '')?.length ?? 0} tasks for "${lost[0]?.key ?? ''}" instead of one.`,
    );
  await mendPredictions(http, projectId, chunk, after, signal);
}

async function mendPredictions(
  http: LabelStudioHttp,
  projectId: number,
  chunk: readonly ReviewTask[],
  ids: ReadonlyMap<string, readonly number[]>,
  signal?: AbortSignal,
): Promise<void> {
  const wanted = chunk.filter(({ prediction }) => prediction);
  if (wanted.length === 0) return;
  const versions = await versionsByKey(http, projectId, wanted, signal);
  const missing = wanted.filter(
    ({ key, prediction }) => !versions.get(key)?.has(prediction?.modelVersion ?? ''),
  );
  if (missing.length === 0) return;
  const predictions = missing.map(({ key, prediction }) => ({
    task: ids.get(key)?.[0],
    result: prediction?.result,
    score: prediction?.score,
    model_version: prediction?.modelVersion,
  }));
  const { created } = await http.json(
    { method: 'POST', path: `/api/projects/${projectId}/import/predictions`, json: predictions, signal },
    z.looseObject({ created: z.number() }),
  );
  if (created !== predictions.length)
    throw new ServiceUnavailableError(
      `Label Studio: project ${projectId} stored ${created} of ${predictions.length} predictions.`,
    );
}

async function taskIdsByKey(
  http: LabelStudioHttp,
  projectId: number,
  tasks: readonly ReviewTask[],
  signal?: AbortSignal,
): Promise<Map<string, number[]>> {
  const ids = new Map<string, number[]>();
  for (const keys of lookups(tasks))
    for await (const page of listTasks(
      http,
      { projectId, include: 'id,data', filters: [byKey(keys)] },
      keyedTaskSchema,
      signal,
    ))
      for (const { id, data } of page)
        if (data.al_key !== undefined) ids.set(data.al_key, [...(ids.get(data.al_key) ?? []), id]);
  return ids;
}

async function versionsByKey(
  http: LabelStudioHttp,
  projectId: number,
  tasks: readonly ReviewTask[],
  signal?: AbortSignal,
): Promise<Map<string, Set<string>>> {
  const versions = new Map<string, Set<string>>();
  for (const keys of lookups(tasks))
    for await (const page of listTasks(
      http,
      { projectId, fields: 'all', filters: [byKey(keys)], pageSize: keysPerLookup },
      predictedTaskSchema,
      signal,
    ))
      for (const { data, predictions } of page)
        if (data.al_key !== undefined)
          versions.set(data.al_key, new Set(predictions.map(({ model_version: version }) => version ?? '')));
  return versions;
}

function byKey(keys: readonly string[]) {
  return { filter: 'filter:tasks:data.al_key', operator: 'in_list', type: 'String', value: keys };
}

/** Keys in parts whose filter fits into a URL. */
function* lookups(tasks: readonly ReviewTask[]): Generator<string[]> {
  const room = 40_000;
  let part: string[] = [];
  let length = 0;
  for (const { key } of tasks) {
    const cost = encodeURIComponent(JSON.stringify(key)).length + 3;
    if (part.length >= keysPerLookup || (part.length > 0 && length + cost > room)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(key);
    length += cost;
  }
  if (part.length > 0) yield part;
}

function taskJson({ key, imageUrl, prediction }: ReviewTask): unknown {
  return {
    data: { image: imageUrl, al_key: key },
    ...(prediction && {
      predictions: [
        { model_version: prediction.modelVersion, score: prediction.score, result: prediction.result },
      ],
    }),
  };
}
