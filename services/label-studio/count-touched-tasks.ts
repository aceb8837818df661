import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';
import { listTasks } from './list-tasks.ts';

const touchedTaskSchema = z.looseObject({
  id: z.number(),
  annotations: z.array(
    z.looseObject({
      was_cancelled: z.boolean().nullish(),
      completed_by: z.union([z.number(), z.looseObject({ id: z.number() })]).nullish(),
    }),
  ),
});

/**
 * Tasks that enough different people answered, and tasks they only skipped. Looks at the annotations themselves: a task's own counters stand still once the
 * server lost its signals, which it does when two projects are deleted at once (1.23).
 */
export async function countTouchedTasks(
  http: LabelStudioHttp,
  { projectId, quorum }: { projectId: number; quorum: number },
  signal?: AbortSignal,
): Promise<{ answered: number; skipped: number }> {
  const counts = { answered: 0, skipped: 0 };
  const pages = listTasks(
    http,
    {
      projectId,
      fields: 'all',
      include: 'id,annotations,was_cancelled,completed_by',
      filters: [{ filter: 'filter:tasks:annotations_ids', operator: 'empty', type: 'String', value: false }],
    },
    touchedTaskSchema,
    signal,
  );
  for await (const page of pages)
    for (const { annotations } of page) {
      const answers = annotations.filter((one) => one.was_cancelled !== true);
      if (answers.length === 0) counts.skipped += 1;
      else if (new Set(answers.map(personOf)).size >= quorum) counts.answered += 1;
    }
  return counts;
}

/** An answer that names nobody is one person's. */
function personOf({ completed_by: person }: { completed_by?: number | { id: number } | null | undefined }) {
  return typeof person === 'object' ? (person?.id ?? null) : (person ?? null);
}
