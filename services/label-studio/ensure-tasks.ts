import type { ReviewTask } from '../../core/ports.ts';
import { askPeople } from './ask-people.ts';
import { assertSendable } from './assert-sendable.ts';
import { importTasks } from './import-tasks.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { mendTasks } from './mend-tasks.ts';
import { moveToCycle } from './move-to-cycle.ts';
import { findStoredTasks, type StoredTask } from './stored-tasks.ts';

const tasksPerImport = 500;

/**
 * One task a key, with its prediction inside, however often this is called and wherever an earlier call died. Into a project without tasks they are
 * imported at sight; tasks are read back where the server counted others than were sent, and where there may have been some before.
 */
export async function ensureTasks(
  http: LabelStudioHttp,
  input: {
    projectId: number;
    labelConfig: string;
    tasks: readonly ReviewTask[];
    /** Counts all tasks of the project. */
    countTasks: () => Promise<number>;
    onProgress?: (done: number) => void;
  },
  signal?: AbortSignal,
): Promise<{ created: number; existing: number }> {
  const { projectId, tasks, countTasks, onProgress } = input;
  assertSendable(tasks, input.labelConfig);
  const before = tasks.length > 0 ? await countTasks() : 0;
  let created = 0;
  for (let start = 0; start < tasks.length; start += tasksPerImport) {
    const chunk = tasks.slice(start, start + tasksPerImport);
    const keys = chunk.map(({ key }) => key);
    const known =
      before === 0 ? new Map<string, StoredTask[]>() : await findStoredTasks(http, projectId, keys, signal);
    const missing = chunk.filter(({ key }) => !known.has(key));
    const onWait = () => onProgress?.(start);
    const isWhole =
      missing.length === 0 || (await importTasks(http, { projectId, tasks: missing, onWait }, signal));
    created += missing.length;
    if (known.size > 0 || !isWhole) await mendTasks(http, projectId, chunk, signal);
    await moveToCycle(http, chunk, known, signal);
    await askEnoughPeople(http, projectId, chunk, signal);
    onProgress?.(start + chunk.length);
  }
  // More of them: another attempt imported the same meanwhile.
  if (created > 0 && (await countTasks()) !== before + created)
    for (let start = 0; start < tasks.length; start += tasksPerImport) {
      await mendTasks(http, projectId, tasks.slice(start, start + tasksPerImport), signal);
      onProgress?.(start);
    }
  return { created, existing: tasks.length - created };
}

/** An import gives every task to as many people as the project does: one. */
async function askEnoughPeople(
  http: LabelStudioHttp,
  projectId: number,
  tasks: readonly ReviewTask[],
  signal?: AbortSignal,
): Promise<void> {
  const wanted = new Map(tasks.map(({ key, people = 1 }) => [key, people]));
  const keys = [...wanted].flatMap(([key, people]) => (people > 1 ? [key] : []));
  if (keys.length === 0) return;
  const stored = [...(await findStoredTasks(http, projectId, keys, signal)).values()].flat();
  const short = stored
    .map(({ id: taskId, key, people }) => ({ taskId, people: wanted.get(key) ?? 1, asked: people }))
    .filter(({ people, asked }) => asked < people);
  await askPeople(http, short, signal);
}
