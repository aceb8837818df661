import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trimModels } from '../../activities/trim-models.ts';

let models: string;
beforeEach(async () => {
  models = await mkdtemp(join(tmpdir(), 'labelloop-test-'));
});
afterEach(() => rm(models, { recursive: true }));

async function model(name: string, daysAgo: number): Promise<void> {
  await mkdir(join(models, name));
  await writeFile(join(models, name, 'model.onnx'), new Uint8Array(100_000).fill(1));
  const used = new Date(Date.now() - daysAgo * 24 * 3_600_000);
  await utimes(join(models, name), used, used);
}

const trim = async (maxBytes: number) => {
  await trimModels(models, /^m/, maxBytes);
  return (await readdir(models)).sort();
};

test('the models used longest ago go, until the others fit', async () => {
  for (const [name, days] of [
    ['m1', 5],
    ['m2', 2],
    ['m3', 9],
    ['m4', 0],
  ] as const)
    await model(name, days);
  expect(await trim(450_000)).toEqual(['m1', 'm2', 'm3', 'm4']);
  expect(await trim(250_000)).toEqual(['m2', 'm4']);
});

test('what was used within a day stays, however large it is; what is no model is left alone', async () => {
  await model('m1', 0.9);
  await model('m2', 1.1);
  await model('runs', 30);
  expect(await trim(1000)).toEqual(['m1', 'runs']);
});
