import { z } from 'zod';
import type { ReviewProgress } from '../../core/ports.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { listTasks, ofCycle } from './list-tasks.ts';

const touchedSchema = z.looseObject({
  id: z.number(),
  annotations: z.array(z.looseObject({ was_cancelled: z.boolean().nullish() })).default([]),
});

/** How far people are with one cycle's tasks in a project that several cycles share. Looks at each of its tasks. */
export async function cycleProgress(
  http: LabelStudioHttp,
  { projectId, cycle }: { projectId: number; cycle: number },
  signal?: AbortSignal,
): Promise<ReviewProgress> {
  const progress = { tasks: 0, answered: 0, skipped: 0 };
  const pages = listTasks(
    http,
    {
      projectId,
      fields: 'all',
      include: 'id,annotations,was_cancelled',
      filters: [ofCycle(cycle)],
    },
    touchedSchema,
    signal,
  );
  for await (const page of pages)
    for (const { annotations } of page) {
      progress.tasks += 1;
      if (annotations.some((one) => one.was_cancelled !== true)) progress.answered += 1;
      else if (annotations.length > 0) progress.skipped += 1;
    }
  return progress;
}
