import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { listTasks } from './list-tasks.ts';

const touchedTaskSchema = z.looseObject({
  id: z.number(),
  annotations: z.array(z.looseObject({ was_cancelled: z.boolean().nullish() })),
});

/**
 * Tasks that people answered, and tasks they only skipped. Looks at the annotations themselves: a task's own counters stand still once the
 * server lost its signals, which it does when two projects are deleted at once (1.23).
 */
export async function countTouchedTasks(
  http: LabelStudioHttp,
  projectId: number,
  signal?: AbortSignal,
): Promise<{ answered: number; skipped: number }> {
  const counts = { answered: 0, skipped: 0 };
  const pages = listTasks(
    http,
    {
      projectId,
      fields: 'all',
      include: 'id,annotations,was_cancelled',
      filters: [{ filter: 'filter:tasks:annotations_ids', operator: 'empty', type: 'String', value: false }],
    },
    touchedTaskSchema,
    signal,
  );
  for await (const page of pages)
    for (const { annotations } of page)
      counts[annotations.some((one) => one.was_cancelled !== true) ? 'answered' : 'skipped'] += 1;
  return counts;
}
