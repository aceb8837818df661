import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { DomainError } from '../../core/errors.ts';
import type { DataEngineQuery } from '../../core/ports.ts';
import { readBackboneCard } from '../backbone-card.ts';
import { modelFileName, sha256OfFile } from '../card.ts';
import { replaceFile } from './process/replace-file.ts';

/** Name of the contract between the pipeline and a trainer: a child process that gets a `job.json`. */
export const trainContract = 'al-train/1';

const manifestRefSchema = z.object({
  manifest: z.string().min(1),
  count: z.int().nonnegative(),
  /** SHA-256 of the manifest file, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A node of the Data Engine's filter tree, as `QueryInput` takes it. */
const filterSchema = z.record(z.string(), z.unknown());

/** `job.json`. Relative paths in it, and in the manifests, are relative to its folder. */
export const trainJobSchema = z.object({
  contract: z.literal(trainContract),
  job_id: z.string().min(1),
  /** Same key: same training. A checkpoint with another key is not resumed. */
  run_key: z.string().min(1),
  cycle: z.int().nonnegative(),
  seed: z.int(),
  task: z.enum(['classification', 'detection', 'segmentation']),
  classes: z.array(z.string().min(1)).min(1),
  input: z.object({
    width: z.int().positive(),
    height: z.int().positive(),
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  train: manifestRefSchema,
  valid: manifestRefSchema,
  /** Folder of an earlier model to start from, if the trainer can use it. */
  init_model: z.string().nullable(),
  init_checkpoint: z.string().nullable(),
  out_dir: z.string().min(1),
  checkpoint_dir: z.string().min(1),
  resume: z.boolean(),
  limits: z.object({
    threads: z.int().positive(),
    max_seconds: z.number().positive(),
    device: z.string().min(1),
  }),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** An ONNX file of the user's whose embeddings a head is learnt on; its card, if it has one, lies beside it. */
  backbone: z
    .object({
      file: z.string().min(1),
      /** SHA-256 of the file, hex. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    })
    .optional(),
  /** Folder that outlives the job, for what can be computed again. */
  cache_dir: z.string().min(1).optional(),
  /** Where the manifests come from; for trainers that read the Data Engine themselves. */
  data_engine: z
    .object({
      /** `owner/name`. */
      repo: z.string().min(1),
      datasource: z.object({ id: z.string().min(1), name: z.string().min(1) }),
      /** Seconds since 1970: the datapoints as they were then. */
      as_of: z.int().nonnegative(),
      where: z.object({ train: filterSchema, valid: filterSchema }),
    })
    .optional(),
});
export type TrainJob = z.infer<typeof trainJobSchema>;

/** One line of a manifest. Coordinates are pixels of the stored image with its EXIF orientation applied. */
export const manifestLineSchema = z.object({
  id: z.string().min(1),
  file: z.string().min(1),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  /** SHA-256 of the image file, hex. */
  sha256: z.string().optional(),
  /** How much the example counts; 1 by default. */
  weight: z.number().positive().optional(),
  labels: z.union([
    z.object({ class: z.string() }),
    z.object({
      boxes: z.array(
        z.object({ label: z.string(), x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      ),
    }),
    z.object({
      masks: z.array(
        z.object({ label: z.string(), polygons: z.array(z.array(z.tuple([z.number(), z.number()]))) }),
      ),
    }),
  ]),
});
export type ManifestLine = z.infer<typeof manifestLineSchema>;

const errorKinds = ['contract', 'data', 'config', 'dependency', 'resource', 'internal', 'cancelled'] as const;

/** One JSON line of a trainer's stdout. */
export const trainerEventSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('start'),
    contract: z.string(),
    trainer: z.string(),
    version: z.string(),
    device: z.string(),
    total_steps: z.number(),
    /** Step of the checkpoint that is continued; null for a fresh start. */
    resumed_from: z.number().nullable(),
    train: z.number(),
    valid: z.number(),
  }),
  z.object({
    event: z.literal('progress'),
    step: z.number(),
    total: z.number(),
    metrics: z.record(z.string(), z.number()),
  }),
  z.object({ event: z.literal('checkpoint'), step: z.number(), path: z.string() }),
  z.object({ event: z.literal('warning'), message: z.string() }),
  z.object({
    event: z.literal('done'),
    outputs: z.object({ model: z.string(), card: z.string() }),
    metrics: z.record(z.string(), z.number()),
  }),
  z.object({
    event: z.literal('error'),
    kind: z.enum(errorKinds),
    message: z.string(),
    retryable: z.boolean(),
  }),
]);
export type TrainerEvent = z.infer<typeof trainerEventSchema>;
export type TrainerErrorKind = (typeof errorKinds)[number];

export interface JobInput {
  readonly jobId: string;
  readonly cycle: number;
  readonly seed: number;
  readonly task: TrainJob['task'];
  readonly classes: readonly string[];
  readonly input: Readonly<TrainJob['input']>;
  readonly train: readonly ManifestLine[];
  readonly valid: readonly ManifestLine[];
  readonly params: Readonly<TrainJob['params']>;
  readonly dataEngine?: DataEngineQuery | undefined;
  readonly maxSeconds: number;
  /** 1 by default: more threads cost more CPU than they save on small models. */
  readonly threads?: number;
  /** `cpu` by default. */
  readonly device?: string;
  /** Folder of an earlier cycle's model, whose weights are where the training starts; from scratch by default. */
  readonly initModelDir?: string;
  /** The user's ONNX file to learn a head on. */
  readonly backboneFile?: string;
  /** Folder for what a later job can use again. */
  readonly cacheDir?: string;
}

/**
 * Writes `job.json` and its manifests into a folder; equal input writes equal bytes, whatever the order of the examples, and so
 * finds an earlier attempt's checkpoints.
 *
 * @returns The path of `job.json`, and what is in it.
 */
export async function writeJob(dir: string, input: JobInput): Promise<{ jobFile: string; job: TrainJob }> {
  await mkdir(dir, { recursive: true });
  const train = await writeManifest(dir, 'train.jsonl', input.train);
  const valid = await writeManifest(dir, 'valid.jsonl', input.valid);
  const { cycle, seed, task, classes, params, initModelDir, backboneFile, cacheDir } = input;
  const initSha256 =
    initModelDir === undefined ? null : await sha256OfFile(join(initModelDir, modelFileName));
  const backbone = backboneFile === undefined ? null : await backboneOf(backboneFile);
  const training = {
    task,
    classes: [...classes],
    input: input.input,
    seed,
    params: sortedByKey(params),
    train,
    valid,
  };
  const job: TrainJob = {
    contract: trainContract,
    job_id: input.jobId,
    // What a model starts from or stands on makes it another training, wherever that lies.
    run_key: sha256(
      JSON.stringify({
        ...training,
        ...(initSha256 !== null && { init: initSha256 }),
        ...(backbone && { backbone: [backbone.sha256, backbone.card] }),
      }),
    ),
    cycle,
    ...training,
    init_model: initModelDir === undefined ? null : fromFolder(dir, initModelDir),
    init_checkpoint: null,
    ...(backbone && { backbone: { file: fromFolder(dir, backbone.file), sha256: backbone.sha256 } }),
    ...(cacheDir !== undefined && { cache_dir: fromFolder(dir, cacheDir) }),
    out_dir: 'out',
    checkpoint_dir: 'ckpt',
    resume: true,
    limits: { threads: input.threads ?? 1, max_seconds: input.maxSeconds, device: input.device ?? 'cpu' },
    // Not part of the run key: a later attempt asks at a later time, and goes on with the same training if the answer is the same.
    ...(input.dataEngine && { data_engine: queryJson(input.dataEngine) }),
  };
  const jobFile = join(dir, 'job.json');
  await replaceFile(jobFile, `${JSON.stringify(job, null, 2)}\n`);
  return { jobFile, job };
}

/** @throws DomainError when there is no such file, or its card is none. */
async function backboneOf(file: string): Promise<{ file: string; sha256: string; card: string }> {
  const digest = await sha256OfFile(file).catch((cause: unknown) => {
    throw new DomainError(
      `The backbone ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`,
      {
        cause,
      },
    );
  });
  return { file, sha256: digest, card: (await readBackboneCard(file)).text };
}

/** Relative to the folder of the job. */
function fromFolder(dir: string, path: string): string {
  return relative(resolve(dir), resolve(path));
}

function queryJson({ repo, datasource, asOf, where }: DataEngineQuery): TrainJob['data_engine'] {
  return { repo, datasource, as_of: asOf, where: { train: { ...where.train }, valid: { ...where.valid } } };
}

async function writeManifest(
  dir: string,
  name: string,
  lines: readonly ManifestLine[],
): Promise<TrainJob['train']> {
  const text = lines
    .map((line) => ({ ...line, file: isAbsolute(line.file) ? relative(resolve(dir), line.file) : line.file }))
    .sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  await replaceFile(join(dir, name), text);
  return { manifest: name, count: lines.length, sha256: sha256(text) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sortedByKey<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
