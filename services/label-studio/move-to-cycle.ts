import { z } from 'zod';
import type { ReviewTask } from '../../core/ports.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';
import type { StoredTask } from './stored-tasks.ts';

const anything = z.unknown();

/** Makes tasks that were sent with another cycle bear the one that asks them now. The server takes a task's data as a whole. */
export async function moveToCycle(
  http: LabelStudioHttp,
  tasks: readonly ReviewTask[],
  known: ReadonlyMap<string, readonly StoredTask[]>,
  signal?: AbortSignal,
): Promise<void> {
  for (const { key, cycle } of tasks)
    for (const { id, data } of known.get(key) ?? []) {
      if (cycle === undefined || data.al_cycle === String(cycle)) continue;
      const json = { data: { ...data, al_cycle: String(cycle) } };
      await http.json({ method: 'PATCH', path: `/api/tasks/${id}/`, json, signal }, anything);
    }
}
