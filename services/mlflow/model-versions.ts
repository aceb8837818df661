import { z } from 'zod';
import { DomainError, ServiceUnavailableError } from '../../core/errors.ts';
import type { ExperimentTracker, RunRef } from '../../core/ports.ts';
import { filterText } from './filter-text.ts';
import type { MlflowApi } from './mlflow-api.ts';
import { isUnsupported, refusedFor } from './mlflow-http.ts';
import { runSchema } from './run-json.ts';

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

/** Tags all registered versions of a run's model; a server without a registry has none. */
export async function tagModelVersions(
  api: MlflowApi,
  { name, run, tags }: Parameters<ExperimentTracker['tagModelVersions']>[0],
  signal?: AbortSignal,
): Promise<void> {
  try {
    for (const version of await versionsOf(api, name, run, signal))
      for (const [key, value] of Object.entries(tags))
        await api.call('model-versions/set-tag', { name, version: String(version), key, value }, signal);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
}

const versionSchema = z.object({
  model_version: z.looseObject({
    version: z.coerce.string(),
    run_id: z.string().default(''),
    source: z.string(),
  }),
});

/** Where the files of a version are; null where there is none, or no registry. */
export async function findModelVersion(
  api: MlflowApi,
  input: Parameters<ExperimentTracker['findModelVersion']>[0],
  signal?: AbortSignal,
): Promise<{ run: RunRef; path: string } | null> {
  const call = 'alias' in input ? 'registered-models/alias' : 'model-versions/get';
  try {
    const { model_version: found } = await api.get(call, input, versionSchema, signal);
    if (found.run_id === '') throw new DomainError(outsideRun(input.name, found));
    const { run } = await api.get('runs/get', { run_id: found.run_id }, z.object({ run: runSchema }), signal);
    const root = `${run.run.artifactUri}/`;
    if (!found.source.startsWith(root)) throw new DomainError(outsideRun(input.name, found));
    return { run: run.run, path: found.source.slice(root.length) };
  } catch (error) {
    // No such model or version; an alias that a model does not have is a bad request to MLflow.
    const isAbsent =
      refusedFor(error, 'RESOURCE_DOES_NOT_EXIST') || refusedFor(error, 'INVALID_PARAMETER_VALUE');
    if (isAbsent || isUnsupported(error)) return null;
    throw error;
  }
}

function outsideRun(name: string, { version, source }: { version: string; source: string }): string {
  return (
    `MLflow: version ${version} of the model "${name}" lies at ${source}, not among its run's artifacts; ` +
    `name a file of a run instead, as runs:/RUN_ID/path.`
  );
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
  const versions = await versionsOf(api, name, run, signal);
  return versions.length === 0 ? null : String(Math.min(...versions));
}

async function versionsOf(
  api: MlflowApi,
  name: string,
  run: RunRef,
  signal?: AbortSignal,
): Promise<number[]> {
  const filter = `name=${filterText(name)} and run_id=${filterText(run.runId)}`;
  const answer = await api.get('model-versions/search', { filter }, versionsSchema, signal);
  return answer.model_versions.map(({ version }) => version);
}
