import { z } from 'zod';
import { ServiceRejectedError, ServiceUnavailableError } from '../../core/errors.ts';
import type { ArtifactEntry, ConnectionReport, ExperimentTracker, RunRef } from '../../core/ports.ts';
import type { Http } from '../http.ts';
import { getArtifact, listArtifacts, putArtifact } from './artifacts.ts';
import { findChampion, setChampion } from './champion.ts';
import { filterText } from './filter-text.ts';
import { logChunks } from './log-chunks.ts';
import { MlflowApi } from './mlflow-api.ts';
import { isUnsupported, mlflowHttp, refusedFor, type MlflowConnection } from './mlflow-http.ts';
import { ensureModelVersion, findModelVersion, tagModelVersions } from './model-versions.ts';
import { inOrderOfKeeping, runSchema, runsSchema } from './run-json.ts';

const keyTag = 'labelloop.key';
/** MLflow takes no longer digest; a SHA-256 in hex is. */
const digestLength = 36;

const createdExperimentSchema = z.looseObject({ experiment_id: z.string() });
const experimentSchema = z.looseObject({
  experiment: z.looseObject({ experiment_id: z.string(), lifecycle_stage: z.string() }),
});

/** MLflow's tracking server and registry over its REST API, or DagsHub's MLflow, which has less of it. */
export class MlflowTracker implements ExperimentTracker {
  readonly #http: Http;
  readonly #api: MlflowApi;
  readonly #trackingUri: string;

  constructor(connection: MlflowConnection) {
    this.#http = mlflowHttp(connection);
    this.#api = new MlflowApi(this.#http);
    this.#trackingUri = this.#http.options.baseUrl;
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    await this.#api.call('experiments/search', { max_results: 1 }, signal);
    const version = await this.#http
      .text({ method: 'GET', path: '/version', signal })
      .catch((error: unknown) => {
        if (error instanceof ServiceRejectedError) return '';
        throw error;
      });
    const known = /^\s*(\d[\w.+-]{0,30})\s*$/.exec(version)?.[1];
    return { system: 'MLflow', url: this.#trackingUri, detail: known ?? 'version not told' };
  }

  async ensureExperiment(name: string, signal?: AbortSignal): Promise<string> {
    try {
      const created = await this.#api.post('experiments/create', { name }, createdExperimentSchema, signal);
      return created.experiment_id;
    } catch (error) {
      if (!refusedFor(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
    }
    const query = { experiment_name: name };
    const { experiment } = await this.#api.get('experiments/get-by-name', query, experimentSchema, signal);
    if (experiment.lifecycle_stage === 'deleted') await this.#restore(experiment.experiment_id, signal);
    return experiment.experiment_id;
  }

  async ensureRun(
    { experimentId, key, name, startTimeMs, tags }: Parameters<ExperimentTracker['ensureRun']>[0],
    signal?: AbortSignal,
  ): Promise<RunRef> {
    const existing = await this.#runsOf(experimentId, key, signal);
    if (existing.length === 0)
      await this.#api.call(
        'runs/create',
        {
          experiment_id: experimentId,
          run_name: name,
          start_time: startTimeMs,
          tags: Object.entries({ ...tags, [keyTag]: key }).map(([tag, value]) => ({ key: tag, value })),
        },
        signal,
      );
    // Looked up again: a repeated or parallel create makes a second run, and every caller must keep the same one.
    const [kept, ...doubles] =
      existing.length === 1 ? existing : await this.#runsOf(experimentId, key, signal);
    if (!kept) throw new ServiceUnavailableError(`MLflow: the run "${key}" was created and is not found.`);
    for (const { runId } of doubles) await this.#deleteRun(runId, signal);
    return kept;
  }

  async findRun(
    { experimentId, key }: { experimentId: string; key: string },
    signal?: AbortSignal,
  ): Promise<RunRef | null> {
    return (await this.#runsOf(experimentId, key, signal))[0] ?? null;
  }

  async getRun(runId: string, signal?: AbortSignal): Promise<RunRef> {
    const answer = await this.#api.get('runs/get', { run_id: runId }, z.object({ run: runSchema }), signal);
    return answer.run.run;
  }

  async listRuns(experimentId: string, signal?: AbortSignal): Promise<readonly RunRef[]> {
    const runs: RunRef[] = [];
    let token: string | undefined;
    do {
      const search = {
        experiment_ids: [experimentId],
        order_by: ['attributes.start_time ASC'],
        max_results: 1000,
        ...(token !== undefined && { page_token: token }),
      };
      const page = await this.#api.post('runs/search', search, runsSchema, signal);
      runs.push(...page.runs.map(({ run }) => run));
      token = page.next_page_token;
    } while (token !== undefined && token !== '');
    return runs;
  }

  async logBatch(
    runId: string,
    batch: Parameters<ExperimentTracker['logBatch']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    for (const chunk of logChunks(batch))
      await this.#api.call('runs/log-batch', { run_id: runId, ...chunk }, signal);
  }

  async logDataset(
    runId: string,
    { name, digest, source, context }: Parameters<ExperimentTracker['logDataset']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    const dataset = {
      name,
      digest: digest.slice(0, digestLength),
      source_type: 'dagshub',
      source: JSON.stringify({ uri: source }),
    };
    const tags = [{ key: 'mlflow.data.context', value: context }];
    try {
      await this.#api.call('runs/log-inputs', { run_id: runId, datasets: [{ tags, dataset }] }, signal);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
    }
  }

  async putArtifact(
    input: Parameters<ExperimentTracker['putArtifact']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    await putArtifact(this.#http, input, signal);
  }

  async listArtifacts(
    input: Parameters<ExperimentTracker['listArtifacts']>[0],
    signal?: AbortSignal,
  ): Promise<readonly ArtifactEntry[]> {
    return listArtifacts(this.#http, input, signal);
  }

  async getArtifact(
    input: Parameters<ExperimentTracker['getArtifact']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    await getArtifact(this.#http, input, signal);
  }

  async finishRun(
    runId: string,
    status: 'FINISHED' | 'FAILED' | 'KILLED',
    endTimeMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#api.call('runs/update', { run_id: runId, status, end_time: endTimeMs }, signal);
  }

  async ensureModelVersion(
    input: Parameters<ExperimentTracker['ensureModelVersion']>[0],
    signal?: AbortSignal,
  ): Promise<string | null> {
    return ensureModelVersion(this.#api, input, signal);
  }

  async tagModelVersions(
    input: Parameters<ExperimentTracker['tagModelVersions']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    await tagModelVersions(this.#api, input, signal);
  }

  async findModelVersion(
    input: Parameters<ExperimentTracker['findModelVersion']>[0],
    signal?: AbortSignal,
  ): ReturnType<ExperimentTracker['findModelVersion']> {
    return findModelVersion(this.#api, input, signal);
  }

  async findChampion(
    input: Parameters<ExperimentTracker['findChampion']>[0],
    signal?: AbortSignal,
  ): Promise<RunRef | null> {
    return findChampion(this.#api, input, signal);
  }

  async setChampion(
    input: Parameters<ExperimentTracker['setChampion']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    await setChampion(this.#api, input, signal);
  }

  runUrl({ runId, experimentId }: { runId: string; experimentId: string }): string {
    return `${this.#trackingUri}/#/experiments/${experimentId}/runs/${runId}/model-metrics`;
  }

  async #restore(experimentId: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#api.call('experiments/restore', { experiment_id: experimentId }, signal);
    } catch (error) {
      // Only deleted experiments are found by this call: another caller was first.
      if (!refusedFor(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
    }
  }

  async #deleteRun(runId: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#api.call('runs/delete', { run_id: runId }, signal);
    } catch (error) {
      const isGone =
        refusedFor(error, 'RESOURCE_DOES_NOT_EXIST') || refusedFor(error, 'INVALID_PARAMETER_VALUE');
      if (!isGone) throw error;
    }
  }

  /** Runs that carry the key, the one to keep first. */
  async #runsOf(experimentId: string, key: string, signal?: AbortSignal): Promise<RunRef[]> {
    const filter = `tags.\`${keyTag}\` = ${filterText(key)}`;
    const search = { experiment_ids: [experimentId], filter, max_results: 100 };
    const { runs } = await this.#api.post('runs/search', search, runsSchema, signal);
    return runs.sort(inOrderOfKeeping).map(({ run }) => run);
  }
}
