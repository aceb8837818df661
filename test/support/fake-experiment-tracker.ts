import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DomainError, ServiceRejectedError } from '../../core/errors.ts';
import type { ArtifactEntry, ConnectionReport, ExperimentTracker, Metric, RunRef } from '../../core/ports.ts';

export interface FakeRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly key: string;
  readonly name: string;
  readonly startTimeMs: number;
  status: RunRef['status'];
  endTimeMs: number | null;
  readonly tags: Record<string, string>;
  readonly params: Record<string, string>;
  readonly metrics: Metric[];
  readonly datasets: { name: string; digest: string; source: string; context: string }[];
  /** Bytes by path. */
  readonly artifacts: Map<string, Uint8Array>;
}

/**
 * MLflow in memory that keeps the promises of `test/contracts/experiment-tracker.ts`. Counts its calls in {@link calls}, and throws what
 * {@link failNext} was given.
 */
export class FakeExperimentTracker implements ExperimentTracker {
  /** Calls by method name. */
  readonly calls: Record<string, number> = {};
  private readonly experiments: string[] = [];
  private readonly runs: FakeRun[] = [];
  private readonly versions = new Map<string, { runId: string; tags: Record<string, string> }[]>();
  /** Run ids by model name: the alias `champion`, or the tag. */
  private readonly champions = new Map<string, string>();
  private readonly failures: { method: string; error: Error }[] = [];
  private readonly hasRegistry: boolean;

  constructor(options: { hasRegistry?: boolean } = {}) {
    this.hasRegistry = options.hasRegistry ?? true;
  }

  /** The next call of that method throws; several queue up. */
  failNext(method: keyof ExperimentTracker, error: Error): void {
    this.failures.push({ method, error });
  }

  /** Everything stored of a run: for assertions. */
  run(runId: string): FakeRun {
    const found = this.runs.find((one) => one.runId === runId);
    if (!found)
      throw new ServiceRejectedError(`MLflow: GET /api/2.0/mlflow/runs/get: 404 Run '${runId}' not found`, {
        status: 404,
        code: 'RESOURCE_DOES_NOT_EXIST',
      });
    return found;
  }

  /** All runs, oldest first: for assertions. */
  allRuns(): readonly FakeRun[] {
    return this.runs;
  }

  /** Registered versions of a model, the first at index 0: for assertions. */
  modelVersions(name: string): readonly { runId: string; tags: Record<string, string> }[] {
    return this.versions.get(name) ?? [];
  }

  /** The run of a model's champion: for assertions. */
  champion(name: string): string | null {
    return this.champions.get(name) ?? null;
  }

  /** A person moves the alias, or takes it away. */
  moveChampion(name: string, runId: string | null): void {
    if (runId === null) this.champions.delete(name);
    else this.champions.set(name, runId);
  }

  async check(signal?: AbortSignal): Promise<ConnectionReport> {
    this.enter('check', signal);
    return { system: 'MLflow', url: 'http://fake.invalid', detail: 'fake' };
  }

  async ensureExperiment(name: string, signal?: AbortSignal): Promise<string> {
    this.enter('ensureExperiment', signal);
    if (!this.experiments.includes(name)) this.experiments.push(name);
    return String(this.experiments.indexOf(name) + 1);
  }

  async ensureRun(
    { experimentId, key, name, startTimeMs, tags }: Parameters<ExperimentTracker['ensureRun']>[0],
    signal?: AbortSignal,
  ): Promise<RunRef> {
    this.enter('ensureRun', signal);
    if (this.experiments[Number(experimentId) - 1] === undefined)
      throw new ServiceRejectedError(`MLflow: No experiment with id=${experimentId} exists.`, {
        status: 404,
        code: 'RESOURCE_DOES_NOT_EXIST',
      });
    const existing = this.find(experimentId, key);
    if (existing) return toRef(existing);
    const run: FakeRun = {
      runId: (this.runs.length + 1).toString(16).padStart(32, '0'),
      experimentId,
      key,
      name,
      startTimeMs,
      status: 'RUNNING',
      endTimeMs: null,
      tags: { ...tags, 'labelloop.key': key },
      params: {},
      metrics: [],
      datasets: [],
      artifacts: new Map(),
    };
    this.runs.push(run);
    return toRef(run);
  }

  async findRun(
    { experimentId, key }: { experimentId: string; key: string },
    signal?: AbortSignal,
  ): Promise<RunRef | null> {
    this.enter('findRun', signal);
    const found = this.find(experimentId, key);
    return found ? toRef(found) : null;
  }

  async getRun(runId: string, signal?: AbortSignal): Promise<RunRef> {
    this.enter('getRun', signal);
    return toRef(this.run(runId));
  }

  async listRuns(experimentId: string, signal?: AbortSignal): Promise<readonly RunRef[]> {
    this.enter('listRuns', signal);
    const runs = this.runs.filter((run) => run.experimentId === experimentId);
    return runs.sort((a, b) => a.startTimeMs - b.startTimeMs).map(toRef);
  }

  async logBatch(
    runId: string,
    { metrics = [], params = {}, tags = {} }: Parameters<ExperimentTracker['logBatch']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('logBatch', signal);
    const run = this.run(runId);
    for (const [key, value] of Object.entries(params))
      if (run.params[key] !== undefined && run.params[key] !== value)
        throw new ServiceRejectedError(`MLflow: Changing param values is not allowed (${key}).`, {
          status: 400,
          code: 'INVALID_PARAMETER_VALUE',
        });
    Object.assign(run.params, params);
    Object.assign(run.tags, tags);
    for (const metric of metrics)
      if (!run.metrics.some((one) => isSamePoint(one, metric))) run.metrics.push({ ...metric });
  }

  async logDataset(
    runId: string,
    dataset: Parameters<ExperimentTracker['logDataset']>[1],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('logDataset', signal);
    const { datasets } = this.run(runId);
    if (!datasets.some(({ name, digest }) => name === dataset.name && digest === dataset.digest))
      datasets.push({ ...dataset });
  }

  async putArtifact(
    input: Parameters<ExperimentTracker['putArtifact']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('putArtifact', signal);
    const bytes = 'file' in input ? await readFile(input.file) : input.bytes;
    this.run(input.run.runId).artifacts.set(input.path, new Uint8Array(bytes));
  }

  async listArtifacts(
    { run, path }: Parameters<ExperimentTracker['listArtifacts']>[0],
    signal?: AbortSignal,
  ): Promise<readonly ArtifactEntry[]> {
    this.enter('listArtifacts', signal);
    const start = path === '' ? '' : `${path}/`;
    const below = [...this.run(run.runId).artifacts.keys()].filter((one) => one.startsWith(start));
    const names = new Set(below.map((one) => one.slice(start.length).split('/', 1)[0] ?? ''));
    return [...names].sort().map((name) => ({
      path: start + name,
      isFolder: !this.run(run.runId).artifacts.has(start + name),
    }));
  }

  async getArtifact(
    { run, path, file }: Parameters<ExperimentTracker['getArtifact']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('getArtifact', signal);
    const bytes = this.run(run.runId).artifacts.get(path);
    if (!bytes) throw new DomainError(`MLflow: run ${run.runId} has no artifact ${path}.`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }

  async finishRun(
    runId: string,
    status: 'FINISHED' | 'FAILED' | 'KILLED',
    endTimeMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('finishRun', signal);
    Object.assign(this.run(runId), { status, endTimeMs });
  }

  async ensureModelVersion(
    { name, run, tags }: Parameters<ExperimentTracker['ensureModelVersion']>[0],
    signal?: AbortSignal,
  ): Promise<string | null> {
    this.enter('ensureModelVersion', signal);
    return this.ensureVersion(name, run, tags);
  }

  async tagModelVersions(
    { name, run, tags }: Parameters<ExperimentTracker['tagModelVersions']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('tagModelVersions', signal);
    for (const version of this.versions.get(name) ?? [])
      if (version.runId === run.runId) Object.assign(version.tags, tags);
  }

  /** Files lie at `model`; the only alias is `champion`. */
  async findModelVersion(
    input: Parameters<ExperimentTracker['findModelVersion']>[0],
    signal?: AbortSignal,
  ): ReturnType<ExperimentTracker['findModelVersion']> {
    this.enter('findModelVersion', signal);
    if (!this.hasRegistry) return null;
    const { name } = input;
    const runId =
      'version' in input
        ? this.modelVersions(name)[Number(input.version) - 1]?.runId
        : input.alias === 'champion' && this.champion(name);
    return runId ? { run: toRef(this.run(runId)), path: 'model' } : null;
  }

  async findChampion(
    { name }: Parameters<ExperimentTracker['findChampion']>[0],
    signal?: AbortSignal,
  ): Promise<RunRef | null> {
    this.enter('findChampion', signal);
    const champion = this.runs.find(({ runId }) => runId === this.champion(name));
    return champion ? toRef(champion) : null;
  }

  async setChampion(
    { name, run }: Parameters<ExperimentTracker['setChampion']>[0],
    signal?: AbortSignal,
  ): Promise<void> {
    this.enter('setChampion', signal);
    this.ensureVersion(name, run, {});
    this.champions.set(name, run.runId);
  }

  runUrl({ runId, experimentId }: { runId: string; experimentId: string }): string {
    return `http://fake.invalid/#/experiments/${experimentId}/runs/${runId}`;
  }

  private ensureVersion(name: string, run: RunRef, tags: Record<string, string>): string | null {
    if (!this.hasRegistry) return null;
    const versions = this.versions.get(name) ?? [];
    this.versions.set(name, versions);
    const index = versions.findIndex(({ runId }) => runId === run.runId);
    return String(index < 0 ? versions.push({ runId: run.runId, tags }) : index + 1);
  }

  private find(experimentId: string, key: string): FakeRun | undefined {
    return this.runs.find((one) => one.experimentId === experimentId && one.key === key);
  }

  private enter(method: keyof ExperimentTracker, signal?: AbortSignal): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    signal?.throwIfAborted();
    const index = this.failures.findIndex((one) => one.method === method);
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure) throw failure.error;
  }
}

function isSamePoint(a: Metric, b: Metric): boolean {
  return (
    a.key === b.key && a.step === b.step && a.timestampMs === b.timestampMs && Object.is(a.value, b.value)
  );
}

function toRef({ runId, experimentId, status, tags }: FakeRun): RunRef {
  return {
    runId,
    experimentId,
    artifactUri: `mlflow-artifacts:/${experimentId}/${runId}/artifacts`,
    status,
    tags: { ...tags },
  };
}
