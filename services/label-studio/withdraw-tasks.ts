import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { findStoredTasks } from './stored-tasks.ts';

/**
 * Deletes tasks that nobody touched. The server is asked for those without annotation at the moment it deletes, not for those that had none
 * when they were listed: it unlinks them from the project first, so that a later answer is refused instead of lost.
 *
 * @returns The keys without a task.
 */
export async function withdrawTasks(
  http: LabelStudioHttp,
  { projectId, keys }: { projectId: number; keys: readonly string[] },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const known = await findStoredTasks(http, projectId, keys, signal);
  const ids = [...known.values()].flat().flatMap((task) => (task.isTouched ? [] : [task.id]));
  if (ids.length === 0) return keys.filter((key) => !known.has(key));
  await http.json(
    {
      method: 'POST',
      path: '/api/dm/actions/',
      query: { id: 'delete_tasks', project: projectId },
      json: {
        project: String(projectId),
        selectedItems: { all: true, excluded: [] },
        filters: {
          conjunction: 'and',
          items: [
            { filter: 'filter:tasks:id', operator: 'in_list', type: 'Number', value: ids },
            { filter: 'filter:tasks:annotations_ids', operator: 'empty', type: 'String', value: true },
          ],
        },
      },
      signal,
    },
    z.unknown(),
  );
  const left = await findStoredTasks(http, projectId, keys, signal);
  return keys.filter((key) => !left.has(key));
}
