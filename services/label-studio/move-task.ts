import { z } from 'zod';
import { isUnknownThere } from '../../core/errors.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';

/**
 * Takes a task to another project, with all that was said of it and is being said. The server looks for it in the project of the query, which would
 * otherwise be the new one. A task that somebody deleted is left so.
 */
export async function moveTask(
  http: LabelStudioHttp,
  { taskId, from, to }: { taskId: number; from: number; to: number },
  signal?: AbortSignal,
): Promise<void> {
  try {
    await http.json(
      {
        method: 'PATCH',
        path: `/api/tasks/${taskId}/`,
        query: { project: from },
        json: { project: to },
        signal,
      },
      z.unknown(),
    );
  } catch (error) {
    if (!isUnknownThere(error)) throw error;
  }
}
