import { ServiceRejectedError } from '../../core/errors.ts';
import type { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { taskPageSchema } from './task-json.ts';

export interface TaskListing {
  readonly projectId: number;
  /** `all` brings annotations and predictions in full. */
  readonly fields?: 'all';
  /** Top-level fields wanted. */
  readonly include?: string;
  readonly filters?: readonly { filter: string; operator: string; type: string; value: unknown }[];
  /** Default 500. */
  readonly pageSize?: number;
}

/** A project's tasks, oldest first, page by page until the end; the server's own default would stop after 100. */
export async function* listTasks<Task extends z.ZodType>(
  http: LabelStudioHttp,
  { projectId, fields, include, filters = [], pageSize = 500 }: TaskListing,
  task: Task,
  signal?: AbortSignal,
): AsyncGenerator<z.output<Task>[]> {
  const query = JSON.stringify({
    filters: { conjunction: 'and', items: filters },
    ordering: ['tasks:id'],
  });
  let seen = 0;
  for (let page = 1; ; page++) {
    let answer: { total: number; tasks: z.output<Task>[] };
    try {
      answer = await http.json(
        {
          method: 'GET',
          path: '/api/tasks/',
          query: { project: projectId, page, page_size: pageSize, fields, include, query },
          signal,
        },
        taskPageSchema(task),
      );
    } catch (error) {
      // A page past the end is 404: the project shrank while it was read.
      if (page > 1 && error instanceof ServiceRejectedError && error.status === 404) return;
      throw error;
    }
    if (answer.tasks.length > 0) yield answer.tasks;
    seen += answer.tasks.length;
    if (answer.tasks.length < pageSize || seen >= answer.total) return;
  }
}
