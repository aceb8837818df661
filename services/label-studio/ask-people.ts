import { z } from 'zod';
import type { LabelStudioHttp } from './label-studio-http.ts';

const anything = z.unknown();

/**
 * Gives tasks to so many different people. The server looks at how many people a task wants when somebody answers it, and not when the number changes:
 * so it is told as well that the task is not finished.
 */
export async function askPeople(
  http: LabelStudioHttp,
  tasks: readonly { readonly taskId: number; readonly people: number }[],
  signal?: AbortSignal,
): Promise<void> {
  for (const { taskId, people } of tasks)
    await http.json(
      {
        method: 'PATCH',
        path: `/api/tasks/${taskId}/`,
        json: { overlap: people, is_labeled: false },
        signal,
      },
      anything,
    );
}
