import { z } from 'zod';
import type { ExperimentTracker, RunRef } from '../../core/ports.ts';
import { filterText } from './filter-text.ts';
import type { MlflowApi } from './mlflow-api.ts';
import { isUnsupported, refusedFor } from './mlflow-http.ts';
import { ensureModelVersion } from './model-versions.ts';
import { runSchema, runsSchema } from './run-json.ts';

const alias = 'champion';
/** Where there is no registry: on the champion's run, with the model's name. On those before it the value is `former`. */
const championTag = 'labelloop.champion';

const versionSchema = z.object({ model_version: z.looseObject({ run_id: z.string().default('') }) });

/** The run whose model has the alias, or, where the server knows no aliases, the tag. */
export async function findChampion(
  api: MlflowApi,
  { name, experimentId }: Parameters<ExperimentTracker['findChampion']>[0],
  signal?: AbortSignal,
): Promise<RunRef | null> {
  try {
    const answer = await api.get('registered-models/alias', { name, alias }, versionSchema, signal);
    const { run_id: runId } = answer.model_version;
    if (runId === '') return null;
    const { run } = await api.get('runs/get', { run_id: runId }, z.object({ run: runSchema }), signal);
    return run.run;
  } catch (error) {
    // No model of that name, or its run is gone; a model without the alias is a bad request to MLflow.
    if (refusedFor(error, 'RESOURCE_DOES_NOT_EXIST') || refusedFor(error, 'INVALID_PARAMETER_VALUE'))
      return null;
    if (!isUnsupported(error)) throw error;
  }
  return (await taggedRuns(api, { name, experimentId }, signal))[0] ?? null;
}

/** Moves the alias to the run's version; where the server knows no versions or aliases, the tag to the run. */
export async function setChampion(
  api: MlflowApi,
  { name, run }: Parameters<ExperimentTracker['setChampion']>[0],
  signal?: AbortSignal,
): Promise<void> {
  const version = await ensureModelVersion(api, { name, run, path: 'model', tags: {} }, signal);
  if (version !== null)
    try {
      await api.call('registered-models/alias', { name, alias, version }, signal);
      return;
    } catch (error) {
      if (!isUnsupported(error)) throw error;
    }
  // The new one first: of two, the run that began later counts.
  await setTag(api, run.runId, name, signal);
  for (const { runId } of await taggedRuns(api, { name, experimentId: run.experimentId }, signal))
    if (runId !== run.runId) await setTag(api, runId, 'former', signal);
}

async function setTag(api: MlflowApi, runId: string, value: string, signal?: AbortSignal): Promise<void> {
  await api.call('runs/set-tag', { run_id: runId, key: championTag, value }, signal);
}

/** The run that began last comes first. */
async function taggedRuns(
  api: MlflowApi,
  { name, experimentId }: { name: string; experimentId: string },
  signal?: AbortSignal,
): Promise<RunRef[]> {
  const search = {
    experiment_ids: [experimentId],
    filter: `tags.\`${championTag}\` = ${filterText(name)}`,
    order_by: ['attributes.start_time DESC'],
    max_results: 100,
  };
  const { runs } = await api.post('runs/search', search, runsSchema, signal);
  return runs.map(({ run }) => run);
}
