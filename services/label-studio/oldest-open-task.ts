import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { listTasks, ofCycle, type TaskFilter } from './list-tasks.ts';

const taskSchema = z.looseObject({ id: z.number(), created_at: z.string() });
/** By the server's own counters: its filter by annotations cannot ask for none (1.23). */
const untouched = ['total_annotations', 'cancelled_annotations'].map((column): TaskFilter => ({
  filter: `filter:tasks:${column}`,
  operator: 'equal',
  type: 'Number',
  value: 0,
}));

/** When the first of the tasks that nobody has answered or skipped was made, in ms since 1970; null: there is none. A single task is read. */
export async function oldestOpenTask(
  http: LabelStudioHttp,
  { projectId, cycle }: { projectId: number; cycle?: number },
  signal?: AbortSignal,
): Promise<number | null> {
  const filters = cycle === undefined ? untouched : [...untouched, ofCycle(cycle)];
  const listing = { projectId, include: 'id,created_at', pageSize: 1, filters };
  for await (const [task] of listTasks(http, listing, taskSchema, signal))
    return task ? Date.parse(task.created_at) : null;
  return null;
}
