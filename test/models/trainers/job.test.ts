import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainJobSchema, writeJob, type JobInput } from '../../../models/trainers/job.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'labelloop-job-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const input: JobInput = {
  jobId: 'loop/3/train',
  cycle: 3,
  seed: 5,
  task: 'classification',
  classes: ['a', 'b'],
  input: { width: 8, height: 8, channels: 1 },
  train: ['x', 'z', 'y'].map((id) => ({ id, file: `/data/${id}.png`, labels: { class: 'a' } })),
  valid: [],
  params: { steps: 3, lr: 0.1 },
  maxSeconds: 9,
};

test('the job holds count and SHA-256 of manifests that are sorted by id', async () => {
  const { jobFile, job } = await writeJob(dir, input);
  expect(trainJobSchema.parse(JSON.parse(await readFile(jobFile, 'utf8')))).toEqual(job);
  const manifest = await readFile(join(dir, 'train.jsonl'), 'utf8');
  expect(
    manifest
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id),
  ).toEqual(['x', 'y', 'z']);
  expect(job.train).toEqual({
    manifest: 'train.jsonl',
    count: 3,
    sha256: createHash('sha256').update(manifest).digest('hex'),
  });
  expect(job.valid.count).toBe(0);
});

test('the order of examples and parameters changes nothing; a folder that was moved with its images neither', async () => {
  const { job } = await writeJob(dir, input);
  const other = {
    ...input,
    train: [...input.train].reverse(),
    params: { lr: 0.1, steps: 3 },
  };
  expect((await writeJob(dir, other)).job).toEqual(job);
  const inside = (root: string): JobInput => ({
    ...input,
    train: [{ id: 'x', file: join(root, 'x.png'), labels: { class: 'a' } }],
  });
  const here = await writeJob(join(dir, 'one'), inside(join(dir, 'one')));
  const there = await writeJob(join(dir, 'two'), inside(join(dir, 'two')));
  expect(there.job).toEqual(here.job);
});

test.each<[string, Partial<JobInput>]>([
  ['a parameter', { params: { steps: 4, lr: 0.1 } }],
  ['the seed', { seed: 6 }],
  ['a label', { train: [{ ...input.train[0]!, labels: { class: 'b' } }, ...input.train.slice(1)] }],
  ['the order of the classes', { classes: ['b', 'a'] }],
])('%s makes it another training', async (_, change) => {
  const { job } = await writeJob(dir, input);
  expect((await writeJob(dir, { ...input, ...change })).job.run_key).not.toBe(job.run_key);
});

test('what does not change the result does not change the key', async () => {
  const { job } = await writeJob(dir, input);
  const other = await writeJob(dir, { ...input, jobId: 'again', maxSeconds: 10 });
  expect(other.job.run_key).toBe(job.run_key);
});

test('the Data Engine query stands in the job, and the run key does not depend on when it was asked', async () => {
  const query = (asOf: number): JobInput['dataEngine'] => {
    const filter = { key: 'split', value: 'train', valueType: 'STRING', comparator: 'EQUAL' } as const;
    const where = { train: { filter }, valid: { not: true, filter } };
    return { repo: 'team/pets', datasource: { id: '7', name: 'pets' }, asOf, where };
  };
  const { job: without } = await writeJob(dir, input);
  const { job: one } = await writeJob(dir, { ...input, dataEngine: query(1000) });
  const { job: two, jobFile } = await writeJob(dir, { ...input, dataEngine: query(2000) });
  expect(new Set([one.run_key, two.run_key, without.run_key]).size).toBe(1);
  expect(without).not.toHaveProperty('data_engine');
  const written = trainJobSchema.parse(JSON.parse(await readFile(jobFile, 'utf8')));
  expect(written.data_engine).toEqual({
    repo: 'team/pets',
    datasource: { id: '7', name: 'pets' },
    as_of: 2000,
    where: query(0)!.where,
  });
});

test('another model to start from makes it another training; where that model lies does not', async () => {
  const models = ['one', 'same', 'other'].map((name) => join(dir, 'models', name));
  for (const [index, folder] of models.entries()) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), index === 2 ? 'other weights' : 'weights');
  }
  const jobs = [];
  for (const initModelDir of models)
    jobs.push((await writeJob(join(dir, 'job'), { ...input, initModelDir })).job);
  expect(jobs.map((job) => job.init_model)).toEqual(['../models/one', '../models/same', '../models/other']);
  expect(jobs[1]!.run_key).toBe(jobs[0]!.run_key);
  expect(jobs[2]!.run_key).not.toBe(jobs[0]!.run_key);
  expect((await writeJob(join(dir, 'job'), input)).job.run_key).not.toBe(jobs[0]!.run_key);
});
