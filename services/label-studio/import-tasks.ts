import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ServiceUnavailableError } from '../../core/errors.ts';
import type { ReviewTask } from '../../core/ports.ts';
import { predictionsOfTask } from './predictions-of-task.ts';
import type { LabelStudioHttp } from './label-studio-http.ts';

/** The Community edition answers counts when the import is done, the others an id to ask after. */
const importedSchema = z.looseObject({
  import: z.number().optional(),
  task_count: z.number().optional(),
  prediction_count: z.number().optional(),
});
const importStateSchema = z.looseObject({ status: z.string(), error: z.string().nullish() });

const askAgainMs = 1_000;
const waitAtMostMs = 10 * 60_000;

/**
 * Stores new tasks, predictions inside: all of them or, on a refusal, none.
 *
 * @returns Whether the server counted as many tasks and predictions as were sent. Else only what is stored tells what it lost.
 */
export async function importTasks(
  http: LabelStudioHttp,
  input: { projectId: number; tasks: readonly ReviewTask[]; onWait: () => void },
  signal?: AbortSignal,
): Promise<boolean> {
  const path = `/api/projects/${input.projectId}/import`;
  const json = input.tasks.map(taskJson);
  const imported = await http.json({ method: 'POST', path, json, signal }, importedSchema);
  const { import: importId } = imported;
  const predictions = input.tasks.flatMap(predictionsOfTask).length;
  if (importId === undefined)
    return imported.task_count === json.length && imported.prediction_count === predictions;
  const untilMs = Date.now() + waitAtMostMs;
  while (Date.now() < untilMs) {
    const { status, error } = await http.json(
      { method: 'GET', path: `${path}s/${importId}/`, signal },
      importStateSchema,
    );
    if (status === 'completed') return false;
    if (status === 'failed')
      throw new ServiceUnavailableError(
        `Label Studio: import ${importId} into project ${input.projectId} failed: ${error ?? 'no reason given'}`,
      );
    input.onWait();
    await sleep(askAgainMs, undefined, signal ? { signal } : {});
  }
  throw new ServiceUnavailableError(
    `Label Studio: import ${importId} into project ${input.projectId} is still not done.`,
  );
}

function taskJson(task: ReviewTask): unknown {
  const predictions = predictionsOfTask(task).map(({ modelVersion, score, result }) => ({
    model_version: modelVersion,
    score,
    result,
  }));
  return {
    data: {
      image: task.imageUrl,
      al_key: task.key,
      // As text, which the server's filter compares as it stands.
      ...(task.cycle !== undefined && { al_cycle: String(task.cycle) }),
      // Not in the prediction's `cluster`, which an import drops (1.23).
      ...(task.cluster !== undefined && { al_cluster: task.cluster }),
    },
    ...(predictions.length > 0 && { predictions }),
  };
}
