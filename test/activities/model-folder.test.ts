import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFolder } from '../../activities/model-folder.ts';
import { FakeExperimentTracker } from '../support/fake-experiment-tracker.ts';
import { runActivity } from '../support/run-activity.ts';

let tracker: FakeExperimentTracker;
let workDir: string;
beforeEach(async () => {
  tracker = new FakeExperimentTracker();
  workDir = await mkdtemp(join(tmpdir(), 'labelloop-test-'));
});
afterEach(() => rm(workDir, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A run with a model; the card speaks of `network` unless told otherwise. */
async function runWith(network: string, card: object = {}): Promise<string> {
  const experimentId = await tracker.ensureExperiment('glyphs');
  const key = String(tracker.allRuns().length);
  const run = await tracker.ensureRun({ experimentId, key, name: key, startTimeMs: 0, tags: {} });
  const json = JSON.stringify({ classes: ['cat'], sha256: sha256(network), metrics: { run: key }, ...card });
  const put = (path: string, text: string) =>
    tracker.putArtifact({ run, path: `model/${path}`, bytes: new TextEncoder().encode(text) });
  await put('model.onnx', network);
  await put('model.json', json);
  return run.runId;
}

function folderOf(runId: string): Promise<string> {
  return runActivity(
    (id: string) => modelFolder({ tracker, workDir }, id, new AbortController().signal),
    runId,
  );
}

function networkIn(folder: string): Promise<string> {
  return readFile(join(folder, 'model.onnx'), 'utf8');
}

test('runs with the same network, fed and read alike, share a folder; it is downloaded once', async () => {
  const [one, same, otherClasses, other] = [
    await runWith('weights'),
    await runWith('weights'),
    await runWith('weights', { classes: ['dog'] }),
    await runWith('other weights'),
  ];
  const folder = await folderOf(one);
  expect(await networkIn(folder)).toBe('weights');
  expect(tracker.calls['getArtifact']).toBe(2);
  expect(await folderOf(same)).toBe(folder);
  expect(tracker.calls['getArtifact']).toBe(3);
  expect(await folderOf(one)).toBe(folder);
  expect(tracker.calls['getArtifact']).toBe(3);
  expect(new Set([folder, await folderOf(otherClasses), await folderOf(other)]).size).toBe(3);
});

test('a model that is asked for counts as used now', async () => {
  const runId = await runWith('weights');
  const folder = await folderOf(runId);
  await utimes(folder, 1, 1);
  expect(await folderOf(runId)).toBe(folder);
  expect((await stat(folder)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
});

test.each([
  ['a network that is half there', (folder: string) => writeFile(join(folder, 'model.onnx'), 'wei')],
  ['a network with a wrong byte', (folder: string) => writeFile(join(folder, 'model.onnx'), 'weighty')],
  ['a network that is gone', (folder: string) => rm(join(folder, 'model.onnx'))],
  ['a card that is gone', (folder: string) => rm(join(folder, 'model.json'))],
  ['a card that is half there', (folder: string) => writeFile(join(folder, 'model.json'), '{"sha')],
])('%s is fetched again', async (_, damage) => {
  const runId = await runWith('weights');
  const folder = await folderOf(runId);
  await damage(folder);
  await utimes(folder, 1, 1);
  expect(await folderOf(runId)).toBe(folder);
  expect(await networkIn(folder)).toBe('weights');
  expect(JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))).toMatchObject({ classes: ['cat'] });
});

test('a download that breaks off leaves nothing that is taken for a model', async () => {
  const runId = await runWith('weights');
  const get = tracker.getArtifact.bind(tracker);
  tracker.getArtifact = async (input, signal) => {
    if (input.path.endsWith('.json')) return get(input, signal);
    await writeFile(input.file, 'wei');
    throw new Error('killed');
  };
  await expect(folderOf(runId)).rejects.toThrow('killed');
  tracker.getArtifact = get;
  expect(await networkIn(await folderOf(runId))).toBe('weights');
  const left = await readdir(join(workDir, 'models'));
  expect(left.filter((name) => name.startsWith('.incoming'))).toEqual([]);
});

test.each([
  [
    'a network that is not the card’s',
    { sha256: sha256('others') },
    /model\.onnx has the SHA-256 .*log both again/,
  ],
  ['a card that is none', { sha256: 'none' }, /model\.json is no card of a model/],
])('%s, in MLflow itself, fails for good and names the run', async (_, card, message) => {
  const runId = await runWith('weights', card);
  await expect(folderOf(runId)).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringMatching(message),
  });
  await expect(folderOf(runId)).rejects.toThrow(runId);
});
