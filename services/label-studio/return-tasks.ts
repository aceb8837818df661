import type { LabelStudioHttp } from './label-studio-http.ts';
import { moveTask } from './move-task.ts';
import { findStoredTasks } from './stored-tasks.ts';

/**
 * Moves tasks from a shelf back to their project, but those that were answered there: an answer belongs to the project that it was given in, and
 * would be missing in the numbers of the other.
 *
 * @returns The keys of those.
 */
export async function returnTasks(
  http: LabelStudioHttp,
  { projectId, keys, shelfId }: { projectId: number; keys: readonly string[]; shelfId: number },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const answered: string[] = [];
  for (const [key, tasks] of await findStoredTasks(http, shelfId, keys, signal))
    if (tasks.some(({ isAnnotated }) => isAnnotated)) answered.push(key);
    else
      for (const { id: taskId } of tasks)
        await moveTask(http, { taskId, from: shelfId, to: projectId }, signal);
  return answered;
}
