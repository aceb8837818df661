import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { DomainError, ServiceRejectedError, ServiceUnavailableError } from '../../core/errors.ts';
import type { ConnectionReport, ExperimentTracker, RunRef } from '../../core/ports.ts';
import type { Http } from '../http.ts';
import { logChunks } from './log-chunks.ts';
import { isUnsupported, mlflowHttp, refusedFor, type MlflowConnection } from './mlflow-http.ts';
import { runSchema } from './run-json.ts';

const api = '/api/2.0/mlflow';
const keyTag = 'labelloop.key';

const experimentSchema = z.object({
  experiment: z.looseObject({ experiment_id: z.string(), lifecycle_stage: z.string() }),
});
const runsSchema = z.looseObject({ runs: z.array(runSchema).default([]) });
const versionSchema = z.looseObject({ version: z.coerce.string(), run_id: z.string().default('') });
const versionsSchema = z.looseObject({ model_versions: z.array(versionSchema).default([]) });
const filesSchema = z.looseObject({
  files: z.array(z.looseObject({ path: z.string(), file_size: z.coerce.number().optional() })).default([]),
});
const anything = z.looseObject({});

/** MLflow's tracking server and registry over its REST API, or DagsHub's MLflow, which has less of it. */
export class MlflowTracker implements ExperimentTracker {
  readonly #http: Http;
  readonly #trackingUri: string;

  constructor(connection: MlflowConnection) {
    this.#http = mlflowHttp(connection);
    this.#trackingUri = connection.trackingUri.replace(/\/+$/, '');
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    await this.#post('experiments/search', { max_results: 1 }, anything, signal);
    const version = await this.#http
      .text({ method: 'GET', path: '/version', signal })
      .catch((error: unknown) => {
        if (error instanceof ServiceRejectedError) return 'unknown version';
        throw error;
      });
    return { system: 'MLflow', url: this.#trackingUri, detail: version.trim().slice(0, 40) };
  }

  async ensureExperiment(name: string, signal?: AbortSignal): Promise<string> {
    try {
      const created = await this.#post(
        'experiments/create',
        { name },
        z.object({ experiment_id: z.string() }),
        signal,
      );
      return created.experiment_id;
    } catch (error) {
      if (!refusedFor(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
    }
    const { experiment } = await this.#get(
      'experiments/get-by-name',
      { experiment_name: name },
      experimentSchema,
      signal,
    );
    if (experiment.lifecycle_stage === 'deleted')
      await this.#post('experiments/restore', { experiment_id: experiment.experiment_id }, anything, signal);
    return experiment.experiment_id;
  }

  async ensureRun(
    input: Parameters<ExperimentTracker['ensureRun']>[0],
    signal?: AbortSignal,
  ): Promise<RunRef> {
    const { experimentId, key, name, startTimeMs, tags } = input;
    const existing = await this.#runsOf(experimentId, key, signal);
    if (existing.length === 0)
      await this.#post(
        'runs/create',
        {
          experiment_id: experimentId,
          run_name: name,
          start_time: startTimeMs,
          tags: Object.entries({ ...tags, [keyTag]: key }).map(([tag, value]) => ({ key: tag, value })),
        },
        anything,
        signal,
      );
    // Looked up again: a repeated or parallel create makes a second run, and every caller must keep the same one.
    const [kept, ...doubles] = await this.#runsOf(experimentId, key, signal);
    if (!kept)
      throw new ServiceUnavailableError(
        `MLflow: the run "${key}" was created and is not found; it may be late.`,
      );
    for (const { runId } of doubles)
      await this.#post('runs/delete', { run_id: runId }, anything, signal).catch((error: unknown) => {
        if (!refusedFor(error, 'RESOURCE_DOES_NOT_EXIST') && !refusedFor(error, 'INVALID_PARAMETER_VALUE'))
          throw error;
      });
    return kept;
  }

  async findRun(
    { experimentId, key }: { experimentId: string; key: string },
    signal?: AbortSignal,
  ): Promise<RunRef | null> {
    return (await this.#runsOf(experimentId, key, signal))[0] ?? null;
  }

  async getRun(runId: string, signal?: AbortSignal): Promise<RunRef> {
    const answer = await this.#get('runs/get', { run_id: runId }, z.object({ run: runSchema }), signal);
    return answer.run.run;
  }

  async logBatch(
    runId: string,
    batch: Parameters<ExperimentTracker['logBatch']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    for (const chunk of logChunks(batch))
      await this.#post('runs/log-batch', { run_id: runId, ...chunk }, anything, signal);
  }

  async logDataset(
    runId: string,
    { name, digest, source, context }: Parameters<ExperimentTracker['logDataset']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    const dataset = {
      name,
      digest: digest.slice(0, 36),
      source_type: 'dagshub',
      source: JSON.stringify({ uri: source }),
    };
    const tags = [{ key: 'mlflow.data.context', value: context }];
    try {
      await this.#post('runs/log-inputs', { run_id: runId, datasets: [{ tags, dataset }] }, anything, signal);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
    }
  }

  async putArtifact(
    input: Parameters<ExperimentTracker['putArtifact']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    const size = 'file' in input ? (await stat(input.file)).size : input.bytes.byteLength;
    const response = await this.#http.send({
      method: 'PUT',
      path: artifactPath(input.run, input.path),
      body: 'file' in input ? createReadStream(input.file) : input.bytes,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      timeoutMs: 600_000,
      signal,
    });
    await response.body.dump();
    const folder = dirname(input.path);
    const { files } = await this.#get(
      'artifacts/list',
      { run_id: input.run.runId, ...(folder !== '.' && { path: folder }) },
      filesSchema,
      signal,
    );
    const stored = files.find(({ path }) => path === input.path)?.file_size;
    if (stored !== undefined && stored !== size)
      throw new ServiceUnavailableError(`MLflow: stored ${stored} of ${size} bytes of ${input.path}.`);
  }

  async getArtifact(
    { run, path, file }: Parameters<ExperimentTracker['getArtifact']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    const response = await this.#http
      .send({ method: 'GET', path: artifactPath(run, path), timeoutMs: 600_000, signal })
      .catch((error: unknown) => {
        if (error instanceof ServiceRejectedError && error.status === 404)
          throw new DomainError(`MLflow: run ${run.runId} has no artifact ${path}.`, { cause: error });
        throw error;
      });
    await mkdir(dirname(file), { recursive: true });
    const aside = `${file}.${randomUUID()}`;
    try {
      await pipeline(response.body, createWriteStream(aside), ...(signal ? [{ signal }] : []));
      await rename(aside, file);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ServiceUnavailableError(`MLflow: the download of ${path} broke off.`, { cause: error });
    } finally {
      await rm(aside, { force: true });
    }
  }

  async finishRun(
    runId: string,
    status: 'FINISHED' | 'FAILED' | 'KILLED',
    endTimeMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#post('runs/update', { run_id: runId, status, end_time: endTimeMs }, anything, signal);
  }

  async ensureModelVersion(
    input: Parameters<ExperimentTracker['ensureModelVersion']>[0],
    signal?: AbortSignal,
  ): Promise<string | null> {
    try {
      await this.#ensureRegisteredModel(input.name, signal);
      const existing = await this.#lowestVersion(input, signal);
      if (existing !== null) return existing;
      const tags = Object.entries(input.tags).map(([key, value]) => ({ key, value }));
      const source = `${input.run.artifactUri}/${input.path}`;
      await this.#post(
        'model-versions/create',
        { name: input.name, source, run_id: input.run.runId, tags },
        anything,
        signal,
      );
      // A repeated create makes a second version; every caller uses the lowest one of the run.
      return await this.#lowestVersion(input, signal);
    } catch (error) {
      if (isUnsupported(error)) return null;
      throw error;
    }
  }

  runUrl({ runId, experimentId }: { runId: string; experimentId: string }): string {
    return `${this.#trackingUri}/#/experiments/${experimentId}/runs/${runId}/model-metrics`;
  }

  async #ensureRegisteredModel(name: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#post('registered-models/create', { name }, anything, signal);
    } catch (error) {
      if (!refusedFor(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
    }
  }

  async #lowestVersion(
    { name, run }: { name: string; run: RunRef },
    signal?: AbortSignal,
  ): Promise<string | null> {
    const filter = `name='${name}' and run_id='${run.runId}'`;
    const { model_versions } = await this.#get('model-versions/search', { filter }, versionsSchema, signal);
    const numbers = model_versions.map(({ version }) => Number(version)).sort((a, b) => a - b);
    return numbers[0] === undefined ? null : String(numbers[0]);
  }

  /** Runs that carry the key, the one to keep first: earliest start, then lowest id. */
  async #runsOf(experimentId: string, key: string, signal?: AbortSignal): Promise<RunRef[]> {
    const { runs } = await this.#post(
      'runs/search',
      {
        experiment_ids: [experimentId],
        filter: `tags.\`${keyTag}\` = '${key}'`,
        max_results: 100,
      },
      runsSchema,
      signal,
    );
    return runs
      .sort((a, b) => a.startTimeMs - b.startTimeMs || (a.run.runId < b.run.runId ? -1 : 1))
      .map(({ run }) => run);
  }

  #post<Schema extends z.ZodType>(call: string, json: unknown, schema: Schema, signal?: AbortSignal) {
    return this.#http.json({ method: 'POST', path: `${api}/${call}`, json, signal }, schema);
  }

  #get<Schema extends z.ZodType>(
    call: string,
    query: Record<string, string>,
    schema: Schema,
    signal?: AbortSignal,
  ) {
    return this.#http.json({ method: 'GET', path: `${api}/${call}`, query, signal }, schema);
  }
}

/** Where the server's artifact proxy has a run's file. */
function artifactPath({ artifactUri, runId }: RunRef, path: string): string {
  const prefix = 'mlflow-artifacts:/';
  if (!artifactUri.startsWith(prefix))
    throw new DomainError(
      `MLflow keeps the artifacts of run ${runId} at ${artifactUri}; labelloop reads them through the server. Start it with --serve-artifacts.`,
    );
  const root = artifactUri.slice(prefix.length).replace(/^\/+/, '');
  const encoded = `${root}/${path}`.split('/').map(encodeURIComponent).join('/');
  return `/api/2.0/mlflow-artifacts/artifacts/${encoded}`;
}
