import { request } from 'undici';
import type { Metric } from '../../core/ports.ts';
import type { StoredRunView, TrackerPeople } from '../contracts/experiment-tracker.ts';

interface Pair {
  readonly key: string;
  readonly value: string;
}
interface RawRun {
  readonly info: { run_name: string; start_time: number; end_time?: number };
  readonly data: { params?: Pair[] };
  readonly inputs?: { dataset_inputs?: { tags?: Pair[]; dataset: { name: string; digest: string } }[] };
}
interface RawMetric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

/** People and an administrator at a real MLflow, by plain requests: nothing here is our client's code. */
export class MlflowPeople implements TrackerPeople {
  readonly #trackingUri: string;

  constructor(trackingUri: string) {
    this.#trackingUri = trackingUri;
  }

  async run(runId: string, metricKeys: readonly string[]): Promise<StoredRunView> {
    const { run } = await this.#call<{ run: RawRun }>('GET', `runs/get?run_id=${runId}`);
    const metrics: Metric[] = [];
    for (const key of metricKeys) {
      const query = new URLSearchParams({ run_id: runId, metric_key: key, max_results: '25000' });
      const history = await this.#call<{ metrics: RawMetric[] }>(
        'GET',
        `metrics/get-history?${query.toString()}`,
      );
      for (const { timestamp, ...metric } of history.metrics)
        metrics.push({ key: metric.key, value: metric.value, step: metric.step, timestampMs: timestamp });
    }
    return {
      name: run.info.run_name,
      startTimeMs: run.info.start_time,
      endTimeMs: run.info.end_time ?? null,
      params: Object.fromEntries((run.data.params ?? []).map(({ key, value }) => [key, value])),
      metrics,
      datasets: (run.inputs?.dataset_inputs ?? []).map(({ tags, dataset }) => ({
        name: dataset.name,
        digest: dataset.digest,
        context: tags?.find(({ key }) => key === 'mlflow.data.context')?.value ?? '',
      })),
    };
  }

  async runsWithKey(experimentId: string, key: string): Promise<string[]> {
    const { runs = [] } = await this.#call<{ runs?: { info: { run_id: string } }[] }>('POST', 'runs/search', {
      experiment_ids: [experimentId],
      filter: `tags."labelloop.key" = '${key}'`,
    });
    return runs.map(({ info }) => info.run_id);
  }

  async modelVersions(name: string): Promise<{ version: string; runId: string; tags: object }[]> {
    const filter = encodeURIComponent(`name='${name}'`);
    type Version = { version: string; run_id: string; tags?: Pair[] };
    const answer = await this.#call<{ model_versions?: Version[] }>(
      'GET',
      `model-versions/search?filter=${filter}`,
    );
    return (answer.model_versions ?? []).map(({ version, run_id, tags = [] }) => ({
      version,
      runId: run_id,
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    }));
  }

  /** The run of the version with the alias `champion`. */
  async championByAlias(name: string): Promise<string | null> {
    const query = new URLSearchParams({ name, alias: 'champion' });
    type Answer = { model_version: { run_id: string } };
    return (await this.#call<Answer>('GET', `registered-models/alias?${query.toString()}`)).model_version
      .run_id;
  }

  async setAlias(name: string, runId: string): Promise<void> {
    const version = (await this.modelVersions(name)).find((one) => one.runId === runId)?.version;
    await this.#call('POST', 'registered-models/alias', { name, alias: 'champion', version });
  }

  /** The only run with the tag. */
  async championByTag(experimentId: string, name: string): Promise<string | null> {
    const { runs = [] } = await this.#call<{ runs?: { info: { run_id: string } }[] }>('POST', 'runs/search', {
      experiment_ids: [experimentId],
      filter: `tags."labelloop.champion" = '${name}'`,
    });
    if (runs.length > 1) throw new Error(`${runs.length} runs are champion of ${name}.`);
    return runs[0]?.info.run_id ?? null;
  }

  async setTag(runId: string, key: string, value: string): Promise<void> {
    await this.#call('POST', 'runs/set-tag', { run_id: runId, key, value });
  }

  async deleteExperiment(experimentId: string): Promise<void> {
    await this.#call('POST', 'experiments/delete', { experiment_id: experimentId });
  }

  async #call<T>(method: 'GET' | 'POST', path: string, json?: unknown): Promise<T> {
    const { statusCode, body } = await request(`${this.#trackingUri}/api/2.0/mlflow/${path}`, {
      method,
      ...(json !== undefined && {
        body: JSON.stringify(json),
        headers: { 'content-type': 'application/json' },
      }),
    });
    if (statusCode !== 200) throw new Error(`${method} ${path}: ${statusCode} ${await body.text()}`);
    return (await body.json()) as T;
  }
}
