import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError, ServiceRejectedError } from '../../core/errors.ts';
import type { ExperimentTracker, Metric, RunRef } from '../../core/ports.ts';

/** What a person at the server sees of a run. */
export interface StoredRunView {
  readonly name: string;
  readonly startTimeMs: number;
  readonly endTimeMs: number | null;
  readonly params: Readonly<Record<string, string>>;
  /** In any order. */
  readonly metrics: readonly Metric[];
  readonly datasets: readonly { name: string; digest: string; context: string }[];
}

/** What people and an administrator do and see, beside the port. */
export interface TrackerPeople {
  run(runId: string, metricKeys: readonly string[]): Promise<StoredRunView>;
  runsWithKey(experimentId: string, key: string): Promise<readonly string[]>;
  modelVersions(name: string): Promise<readonly { version: string; runId: string; tags: object }[]>;
  deleteExperiment(experimentId: string): Promise<void>;
}

export interface ExperimentTrackerSetup {
  readonly tracker: ExperimentTracker;
  readonly people: TrackerPeople;
  /** A name nobody has used. */
  newName(): string;
}

/** The promises of `ExperimentTracker`. The client with a real MLflow and the fake run it. */
export function describeExperimentTracker(title: string, setUp: () => Promise<ExperimentTrackerSetup>): void {
  describe(`${title} keeps the promises of ExperimentTracker`, () => {
    let tracker: ExperimentTracker;
    let people: TrackerPeople;
    let newName: ExperimentTrackerSetup['newName'];
    let experimentId: string;
    let folder: string;
    let keys = 0;

    beforeAll(async () => {
      ({ tracker, people, newName } = await setUp());
      experimentId = await tracker.ensureExperiment(newName());
      folder = await mkdtemp(join(tmpdir(), 'labelloop-tracker-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const ensureRun = (key = `cycle ${++keys}`, startTimeMs = 1_700_000_000_000): Promise<RunRef> =>
      tracker.ensureRun({ experimentId, key, name: 'a run', startTimeMs, tags: { 'labelloop.cycle': '1' } });

    test('is there, and says what it is', async () => {
      expect(await tracker.check()).toMatchObject({ system: 'MLflow' });
    });

    test('an experiment is made once, by its name', async () => {
      const name = newName();
      const ids = await Promise.all([1, 2, 3].map(() => tracker.ensureExperiment(name)));
      expect(new Set(ids).size).toBe(1);
      expect(await tracker.ensureExperiment(name)).toBe(ids[0]);
    });

    test('a deleted experiment comes back with its runs', async () => {
      const name = newName();
      const id = await tracker.ensureExperiment(name);
      const run = { experimentId: id, key: 'kept', name: 'kept', startTimeMs: 1, tags: {} };
      const { runId } = await tracker.ensureRun(run);
      await people.deleteExperiment(id);
      expect(await tracker.ensureExperiment(name)).toBe(id);
      expect((await tracker.ensureRun(run)).runId).toBe(runId);
    });

    test('a run is made once, by its key, also when the key has quotes, and keeps its first start', async () => {
      for (const key of ["it's cycle 1", 'a "cycle"']) {
        const first = await ensureRun(key);
        expect(await ensureRun(key, 1_800_000_000_000)).toMatchObject({
          runId: first.runId,
          status: 'RUNNING',
        });
        expect(await tracker.findRun({ experimentId, key })).toMatchObject({ runId: first.runId });
        expect(first.tags).toMatchObject({ 'labelloop.key': key, 'labelloop.cycle': '1' });
        expect((await people.run(first.runId, [])).startTimeMs).toBe(1_700_000_000_000);
      }
    });

    test('callers at the same time end with one run', async () => {
      await Promise.all([1, 2, 3, 4].map(() => ensureRun('crowded')));
      const { runId } = await ensureRun('crowded');
      expect(await people.runsWithKey(experimentId, 'crowded')).toEqual([runId]);
    });

    test('a run that does not exist is told apart from one that cannot be had', async () => {
      expect(await tracker.findRun({ experimentId, key: 'nobody' })).toBeNull();
      await expect(tracker.getRun('0'.repeat(32))).rejects.toBeInstanceOf(ServiceRejectedError);
    });

    test('metrics, params and tags arrive in any number, and once however often they are sent', async () => {
      const { runId } = await ensureRun();
      const metrics = Array.from({ length: 1001 }, (_, step) => ({
        key: 'train_loss',
        value: 1 / (step + 1),
        step,
        timestampMs: 1_700_000_000_000 + step,
      }));
      const params = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`p${index}`, `${index}`]));
      const tags = { 'labelloop.note': 'ünï "quoted"' };
      await tracker.logBatch(runId, { metrics, params, tags });
      await tracker.logBatch(runId, { metrics, params, tags });
      const stored = await people.run(runId, ['train_loss']);
      expect(stored.params).toEqual(params);
      expect(byStep(stored.metrics)).toEqual(metrics);
      expect((await tracker.getRun(runId)).tags).toMatchObject(tags);
    });

    test('nothing to log is no error, and a loss that is no number is kept as one', async () => {
      const { runId } = await ensureRun();
      await tracker.logBatch(runId, {});
      const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const metrics = values.map((value, step) => ({ key: 'loss', value, step, timestampMs: 1 }));
      await tracker.logBatch(runId, { metrics });
      expect((await people.run(runId, ['loss'])).metrics).toHaveLength(3);
    });

    test('a param is never changed', async () => {
      const { runId } = await ensureRun();
      await tracker.logBatch(runId, { params: { seed: '1' } });
      await expect(tracker.logBatch(runId, { params: { seed: '2' } })).rejects.toBeInstanceOf(
        ServiceRejectedError,
      );
      expect((await people.run(runId, [])).params).toEqual({ seed: '1' });
    });

    test('a dataset is tied to the run once', async () => {
      const { runId } = await ensureRun();
      const dataset = { name: 'train', digest: 'abc', source: 's3://x', context: 'training' } as const;
      await tracker.logDataset(runId, dataset);
      await tracker.logDataset(runId, dataset);
      const { datasets } = await people.run(runId, []);
      expect(datasets).toHaveLength(1);
      expect(datasets[0]).toMatchObject({ name: 'train', digest: 'abc', context: 'training' });
    });

    test('artifacts come back byte for byte, from memory and from files, and the last put counts', async () => {
      const run = await ensureRun();
      const bytes = randomBytes(300_000);
      const source = join(folder, 'source.onnx');
      await writeFile(source, bytes);
      await tracker.putArtifact({ run, path: 'model/model.onnx', file: source });
      await tracker.putArtifact({ run, path: 'model/ünï & 100 %.json', bytes: Buffer.from('old') });
      await tracker.putArtifact({ run, path: 'model/ünï & 100 %.json', bytes: Buffer.from('{}') });
      const target = join(folder, 'a new folder', 'model.onnx');
      await tracker.getArtifact({ run, path: 'model/model.onnx', file: target });
      expect((await readFile(target)).equals(bytes)).toBe(true);
      await tracker.getArtifact({ run, path: 'model/ünï & 100 %.json', file: target });
      expect(await readFile(target, 'utf8')).toBe('{}');
    });

    test('the artifacts of a folder are listed, and a folder that is not there is empty', async () => {
      const run = await ensureRun();
      for (const path of ['a/2.json', 'a/b/1.json', 'a/1.json', 'top.json'])
        await tracker.putArtifact({ run, path, bytes: Buffer.from('{}') });
      expect(await tracker.listArtifacts({ run, path: 'a' })).toEqual([
        { path: 'a/1.json', isFolder: false },
        { path: 'a/2.json', isFolder: false },
        { path: 'a/b', isFolder: true },
      ]);
      expect(await tracker.listArtifacts({ run, path: '' })).toEqual([
        { path: 'a', isFolder: true },
        { path: 'top.json', isFolder: false },
      ]);
      expect(await tracker.listArtifacts({ run, path: 'nowhere' })).toEqual([]);
    });

    test('an artifact that is not there is named, and leaves no file', async () => {
      const run = await ensureRun();
      const file = join(folder, 'nothing.json');
      const get = tracker.getArtifact({ run, path: 'nothing.json', file });
      await expect(get).rejects.toBeInstanceOf(DomainError);
      await expect(get).rejects.toThrow(/nothing\.json/);
      await expect(readFile(file)).rejects.toThrow('ENOENT');
    });

    test.each(['FINISHED', 'FAILED', 'KILLED'] as const)('a run ends as %s', async (status) => {
      const { runId } = await ensureRun();
      await tracker.finishRun(runId, status, 1_700_000_005_000);
      await tracker.finishRun(runId, status, 1_700_000_005_000);
      expect((await tracker.getRun(runId)).status).toBe(status);
      expect((await people.run(runId, [])).endTimeMs).toBe(1_700_000_005_000);
    });

    test('a run has one model version, however often and by how many it is asked for', async () => {
      const name = newName();
      const versions: (string | null)[] = [];
      const runs = [await ensureRun(), await ensureRun()];
      for (const run of runs) {
        const input = { name, run, path: 'model', tags: { 'labelloop.cycle': '1' } };
        versions.push(await tracker.ensureModelVersion(input));
        expect(await tracker.ensureModelVersion(input)).toBe(versions.at(-1));
      }
      expect(versions).toEqual(['1', '2']);
      const stored = await people.modelVersions(name);
      expect(stored.map(({ version, runId }) => [version, runId]).sort()).toEqual(
        runs.map(({ runId }, index) => [String(index + 1), runId]),
      );
      expect(stored[0]?.tags).toEqual({ 'labelloop.cycle': '1' });
    });

    test('the versions of a run are tagged, again and again, and those of others are not', async () => {
      const name = newName();
      const [one, other] = [await ensureRun(), await ensureRun()];
      for (const run of [one, other])
        await tracker.ensureModelVersion({ name, run, path: 'model', tags: {} });
      await tracker.tagModelVersions({ name, run: one, tags: { note: 'old' } });
      await tracker.tagModelVersions({ name, run: one, tags: { note: 'new' } });
      await tracker.tagModelVersions({ name: newName(), run: one, tags: { note: 'of nobody' } });
      const tags = (await people.modelVersions(name)).map(({ runId, tags: own }) => [runId, own]);
      expect(Object.fromEntries(tags)).toEqual({ [one.runId]: { note: 'new' }, [other.runId]: {} });
    });

    test('all runs of an experiment are listed with their tags, oldest first', async () => {
      const id = await tracker.ensureExperiment(newName());
      for (const cycle of [2, 1, 3]) {
        const tags = { 'labelloop.cycle': String(cycle) };
        await tracker.ensureRun({
          experimentId: id,
          key: `${cycle}`,
          name: 'a run',
          startTimeMs: cycle,
          tags,
        });
      }
      const runs = await tracker.listRuns(id);
      expect(runs.map(({ tags }) => tags['labelloop.cycle'])).toEqual(['1', '2', '3']);
      expect(await tracker.listRuns(await tracker.ensureExperiment(newName()))).toEqual([]);
    });

    test('a run has a page for people', async () => {
      const run = await ensureRun();
      expect(tracker.runUrl(run)).toContain(run.runId);
    });
  });
}

function byStep(metrics: readonly Metric[]): readonly Metric[] {
  return [...metrics].sort((a, b) => a.step - b.step);
}
