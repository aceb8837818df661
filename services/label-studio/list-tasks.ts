import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';

export interface TaskFilter {
  readonly filter: `filter:tasks:${string}`;
  readonly operator: string;
  readonly type: 'String' | 'Number' | 'Datetime';
  readonly value: unknown;
}

/** The tasks that were sent with a cycle, in a project that several cycles share. */
export function ofCycle(cycle: number): TaskFilter {
  return { filter: 'filter:tasks:data.al_cycle', operator: 'equal', type: 'String', value: String(cycle) };
}

export interface TaskListing {
  readonly projectId: number;
  /** `all` brings annotations and predictions in full. */
  readonly fields?: 'all';
  /** Top-level fields wanted, `id` among them. */
  readonly include?: string;
  readonly filters?: readonly TaskFilter[];
  /** Default 500. */
  readonly pageSize?: number;
}

/**
 * A project's tasks, oldest first, page by page until the end. Goes on after the last id seen, not by page number: a task deleted
 * meanwhile would move another one over a page's edge and hide it.
 */
export async function* listTasks<Task extends { id: number } | { taskId: number }>(
  http: LabelStudioHttp,
  { projectId, fields, include, filters = [], pageSize = 500 }: TaskListing,
  task: z.ZodType<Task>,
  signal?: AbortSignal,
): AsyncGenerator<Task[]> {
  const page = z.looseObject({ total: z.number(), tasks: z.array(task) });
  let lastId = 0;
  for (;;) {
    const after: TaskFilter = {
      filter: 'filter:tasks:id',
      operator: 'greater',
      type: 'Number',
      value: lastId,
    };
    const { total, tasks } = await http.json(
      {
        method: 'GET',
        path: '/api/tasks/',
        query: {
          project: projectId,
          page: 1,
          page_size: pageSize,
          fields,
          include,
          query: taskQuery([...filters, after]),
        },
        signal,
      },
      page,
    );
    if (tasks.length > 0) yield tasks;
    const last = tasks.at(-1);
    if (!last || tasks.length >= total) return;
    lastId = 'taskId' in last ? last.taskId : last.id;
  }
}

function taskQuery(filters: readonly TaskFilter[]): string {
  return JSON.stringify({ filters: { conjunction: 'and', items: filters }, ordering: ['tasks:id'] });
}
