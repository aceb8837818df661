import { z } from 'zod';
import { ServiceUnavailableError } from '../../core/errors.ts';
import type { ExperimentTracker, RunRef } from '../../core/ports.ts';
import { filterText } from './filter-text.ts';
import type { MlflowApi } from './mlflow-api.ts';
import { isUnsupported, refusedFor } from './mlflow-http.ts';

const versionsSchema = z.looseObject({
  model_versions: z.array(z.looseObject({ version: z.coerce.number() })).default([]),
});

/** The registered version of a run's model; null where the server has no registry. */
export async function ensureModelVersion(
  api: MlflowApi,
  { name, run, path, tags }: Parameters<ExperimentTracker['ensureModelVersion']>[0],
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    const existing = await lowestVersion(api, name, run, signal);
    if (existing !== null) return existing;
    await ensureRegisteredModel(api, name, signal);
    const source = `${run.artifactUri}/${path}`;
    const pairs = Object.entries(tags).map(([key, value]) => ({ key, value }));
    await api.call('model-versions/create', { name, source, run_id: run.runId, tags: pairs }, signal);
    // A repeated create makes a second version: every caller uses the lowest one of the run.
    const made = await lowestVersion(api, name, run, signal);
    if (made !== null) return made;
  } catch (error) {
    if (isUnsupported(error)) return null;
    throw error;
  }
  throw new ServiceUnavailableError(`MLflow: a version of "${name}" was created and is not found.`);
}

async function ensureRegisteredModel(api: MlflowApi, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await api.call('registered-models/create', { name }, signal);
  } catch (error) {
    if (!refusedFor(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
  }
}

async function lowestVersion(
  api: MlflowApi,
  name: string,
  run: RunRef,
  signal?: AbortSignal,
): Promise<string | null> {
  const filter = `name=${filterText(name)} and run_id=${filterText(run.runId)}`;
  const answer = await api.get('model-versions/search', { filter }, versionsSchema, signal);
  const versions = answer.model_versions.map(({ version }) => version);
  return versions.length === 0 ? null : String(Math.min(...versions));
}
