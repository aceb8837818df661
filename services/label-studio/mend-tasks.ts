import { z } from 'zod';
import { DomainError, ServiceUnavailableError } from '../../core/errors.ts';
import type { ReviewTask, TaskPrediction } from '../../core/ports.ts';
import { predictionsOfTask } from './predictions-of-task.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { findStoredTasks, type StoredTask } from './stored-tasks.ts';

const mendRounds = 4;
const anything = z.unknown();

/**
 * Reads tasks back and mends them until there is one a key with one prediction of its version. SQLite answers 201 and loses the
 * predictions of an import that met another writer; a lost answer or a parallel attempt leaves doubles.
 */
export async function mendTasks(
  http: LabelStudioHttp,
  projectId: number,
  tasks: readonly ReviewTask[],
  signal?: AbortSignal,
): Promise<void> {
  const keys = tasks.map(({ key }) => key);
  const wanted = tasks.flatMap((task) =>
    predictionsOfTask(task).map((prediction) => ({ key: task.key, prediction })),
  );
  let wrong = '';
  for (let round = 0; round < mendRounds; round++) {
    const stored = await findStoredTasks(http, projectId, keys, signal);
    const absent = keys.find((key) => !stored.has(key));
    if (absent !== undefined)
      throw new ServiceUnavailableError(
        `Label Studio: project ${projectId} took "${absent}" and does not list it.`,
      );
    const doubled = [...stored.values()].filter((same) => same.length > 1);
    const lost = wanted.filter((one) => predictionsOf(one, stored).length === 0);
    const spare = wanted.flatMap((one) => predictionsOf(one, stored).slice(1));
    if (doubled.length + lost.length + spare.length === 0) return;
    wrong = `${doubled.length} doubled tasks, ${lost.length} lost and ${spare.length} doubled predictions`;
    if (doubled.length > 0) await removeDoubles(http, projectId, doubled, signal);
    else {
      if (lost.length > 0) await addPredictions(http, projectId, lost, stored, signal);
      for (const { id } of spare) await http.remove(`/api/predictions/${id}/`, signal);
    }
  }
  throw new ServiceUnavailableError(`Label Studio: project ${projectId} still has ${wrong}.`);
}

interface WantedPrediction {
  readonly key: string;
  readonly prediction: TaskPrediction;
}

/** Of the version that is wanted, the oldest first. */
function predictionsOf(
  { key, prediction }: WantedPrediction,
  stored: ReadonlyMap<string, readonly StoredTask[]>,
): StoredTask['predictions'] {
  return (stored.get(key)?.[0]?.predictions ?? [])
    .filter(({ modelVersion }) => modelVersion === prediction.modelVersion)
    .sort((a, b) => a.id - b.id);
}

/**
 * Keeps the task with answers, else the oldest. Where several have answers `remove_duplicates` moves them to one; it only sees tasks whose
 * whole data are equal.
 */
async function removeDoubles(
  http: LabelStudioHttp,
  projectId: number,
  doubled: readonly (readonly StoredTask[])[],
  signal?: AbortSignal,
): Promise<void> {
  const spare = doubled.flatMap((same) => {
    const kept = same.find(({ isAnnotated }) => isAnnotated) ?? same[0];
    return same.filter((task) => task !== kept && !task.isAnnotated).map(({ id }) => id);
  });
  if (spare.length > 0) await runAction(http, projectId, 'delete_tasks', spare, signal);
  const answered = doubled.map((same) => same.filter(({ isAnnotated }) => isAnnotated));
  const rivals = answered.filter((same) => same.length > 1).flat();
  if (rivals.length === 0) return;
  const ids = rivals.map(({ id }) => id);
  await runAction(http, projectId, 'remove_duplicates', ids, signal);
  const keys = [...new Set(rivals.map(({ key }) => key))];
  for (const [key, same] of await findStoredTasks(http, projectId, keys, signal))
    if (same.filter(({ isAnnotated }) => isAnnotated).length > 1)
      throw new DomainError(
        `Label Studio: project ${projectId} has ${same.length} different tasks for "${key}", all of them answered; delete all but one of ${same.map(({ id }) => id).join(', ')}.`,
      );
}

async function addPredictions(
  http: LabelStudioHttp,
  projectId: number,
  lost: readonly WantedPrediction[],
  stored: ReadonlyMap<string, readonly StoredTask[]>,
  signal?: AbortSignal,
): Promise<void> {
  const json = lost.map(({ key, prediction }) => ({
    task: stored.get(key)?.[0]?.id,
    result: prediction.result,
    score: prediction.score,
    model_version: prediction.modelVersion,
  }));
  const path = `/api/projects/${projectId}/import/predictions`;
  const answer = z.looseObject({ created: z.number() });
  const { created } = await http.json({ method: 'POST', path, json, signal }, answer);
  if (created < json.length)
    throw new ServiceUnavailableError(
      `Label Studio: project ${projectId} stored ${created} of ${json.length} predictions.`,
    );
}

async function runAction(
  http: LabelStudioHttp,
  projectId: number,
  action: 'remove_duplicates' | 'delete_tasks',
  taskIds: readonly number[],
  signal?: AbortSignal,
): Promise<void> {
  await http.json(
    {
      method: 'POST',
      path: '/api/dm/actions/',
      query: { id: action, project: projectId },
      json: { selectedItems: { all: false, included: taskIds }, project: String(projectId) },
      signal,
    },
    anything,
  );
}
