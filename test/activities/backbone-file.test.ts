import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backboneFile } from '../../activities/backbone-file.ts';
import { ServiceUnavailableError } from '../../core/errors.ts';
import { AnnotatedWorld } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
let runId: string;
beforeEach(async () => {
  world = await AnnotatedWorld.create(1);
  const { tracker } = world;
  const experimentId = await tracker.ensureExperiment('backbones');
  const run = await tracker.ensureRun({ experimentId, key: 'k', name: 'n', startTimeMs: 1, tags: {} });
  for (const [path, text] of [
    ['nets/resnet.onnx', 'a network'],
    ['nets/resnet.json', 'its card'],
    ['bare.onnx', 'another network'],
    ['model/model.onnx', 'a model'],
  ] as const)
    await tracker.putArtifact({ run, path, bytes: Buffer.from(text) });
  await tracker.setChampion({ name: 'teeth', run });
  ({ runId } = run);
});
afterEach(() => world.remove());

const find = (onnx: string) =>
  runActivity((name: string) => backboneFile(world, name, new AbortController().signal), onnx);

test('a file of this machine is taken where it lies', async () => {
  const file = join(world.workDir, 'own.onnx');
  await writeFile(file, 'x');
  expect(await find(file)).toBe(file);
});

test('a file of a run is fetched once, with the card beside it if it has one', async () => {
  const file = await find(`runs:/${runId}/nets/resnet.onnx`);
  expect(await readFile(file, 'utf8')).toBe('a network');
  expect(await readFile(file.replace('.onnx', '.json'), 'utf8')).toBe('its card');
  const bare = await find(`runs:/${runId}/bare.onnx`);
  await expect(readFile(bare.replace('.onnx', '.json'))).rejects.toThrow('ENOENT');
  const { getArtifact } = world.tracker.calls;
  expect(await find(`runs:/${runId}/nets/resnet.onnx`)).toBe(file);
  expect(world.tracker.calls['getArtifact']).toBe(getArtifact);
});

test.each(['models:/teeth/1', 'models:/teeth@champion'])(
  '%s is that model as it is registered',
  async (onnx) => {
    expect(await readFile(await find(onnx), 'utf8')).toBe('a model');
  },
);

test.each([
  ['/nowhere.onnx', /training\.backbone\.onnx is \/nowhere\.onnx; this worker has no such file/],
  ['models:/teeth/7', /models:\/teeth\/7; MLflow has no such model/],
])('%s is not there: that is final', async (onnx, message) => {
  await expect(find(onnx)).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringMatching(message) as unknown,
  });
});

test('when MLflow is away in the middle, another attempt fetches the file whole', async () => {
  world.tracker.failNext('getArtifact', new ServiceUnavailableError('MLflow is away.'));
  await expect(find(`runs:/${runId}/nets/resnet.onnx`)).rejects.toMatchObject({ nonRetryable: false });
  expect(await readFile(await find(`runs:/${runId}/nets/resnet.onnx`), 'utf8')).toBe('a network');
});
