import type { LabelStudioHttp } from './label-studio-http.ts';
import { moveTask } from './move-task.ts';
import { findStoredTasks } from './stored-tasks.ts';

/**
 * Moves tasks that nobody touched onto a shelf. They are not deleted: the server deletes the answers with them, also one that it has just accepted, and
 * knows no condition for it.
 *
 * @param input - `shelf`: gets or makes the project; asked only when there is something to move.
 * @returns The keys without a task in the project.
 */
export async function withdrawTasks(
  http: LabelStudioHttp,
  { projectId, keys, shelf }: { projectId: number; keys: readonly string[]; shelf: () => Promise<number> },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const known = await findStoredTasks(http, projectId, keys, signal);
  const untouched = [...known.values()].flat().filter((task) => !task.isTouched);
  if (untouched.length === 0) return keys.filter((key) => !known.has(key));
  const to = await shelf();
  for (const { id: taskId } of untouched) await moveTask(http, { taskId, from: projectId, to }, signal);
  const left = await findStoredTasks(http, projectId, keys, signal);
  return keys.filter((key) => !left.has(key));
}
