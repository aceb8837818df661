import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';

/** Names of the two files of a model folder. */
export const modelFileName = 'model.onnx';
export const cardFileName = 'model.json';

/** `model.json`, schema `al-model/1`: everything a host needs to feed `model.onnx` and to read its answer. */
export const modelCardSchema = z.object({
  schema: z.literal('al-model/1'),
  task: z.enum(['classification', 'detection', 'segmentation']),
  /** Class names in the order of the output's columns. */
  classes: z.array(z.string().min(1)).min(1),
  input: z.object({
    /** Name of the graph's input. */
    name: z.string().min(1),
    dtype: z.enum(['uint8', 'float32']),
    layout: z.enum(['NHWC', 'NCHW']),
    width: z.int().positive(),
    height: z.int().positive(),
    channels: z.union([z.literal(1), z.literal(3)]),
    color: z.enum(['RGB', 'GRAY']),
    /** `stretch` ignores the aspect ratio; `letterbox` keeps it and fills the rest with `pad_value`. */
    resize: z.enum(['stretch', 'letterbox']),
    /** Byte value of the letterbox's border; 0 by default. */
    pad_value: z.int().min(0).max(255).optional(),
    /** `in-graph`: bytes go in as they are. `by-host`: the host computes `(byte * scale - mean) / std`. */
    normalisation: z.enum(['in-graph', 'by-host']),
    scale: z.number().optional(),
    /** By channel. */
    mean: z.array(z.number()).optional(),
    std: z.array(z.number().positive()).optional(),
  }),
  output: z.object({
    /** How to read the first output. The runner reads `class-probabilities` and `class-logits`. */
    kind: z.string().min(1),
    /** Names of the graph's outputs, the one that `kind` speaks of first. */
    names: z.array(z.string().min(1)).min(1),
    /** Name of an output with one feature vector an image, if there is one. */
    embedding: z.string().min(1).optional(),
    box_format: z.string().optional(),
    scores: z.string().optional(),
    nms: z.string().optional(),
  }),
  opset: z.int().positive(),
  /** SHA-256 of `model.onnx`, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What the trainer measured: of the model in this folder, on the validation set. */
  metrics: z.record(z.string(), z.number()),
  /** The trainer's own answer for one image; whoever loads the model repeats it. */
  selftest: z
    .object({
      /** Whose manifest the image is in. */
      manifest: z.enum(['valid', 'train']),
      /** Line of that manifest, from 0. */
      index: z.int().nonnegative(),
      /** `id` of that line. */
      id: z.string().min(1).optional(),
      /** Probability by class. */
      probs: z.array(z.number()),
      /** Largest difference allowed in any class. */
      tolerance: z.number().positive(),
    })
    .optional(),
  trainer: z.object({ name: z.string().min(1), version: z.string() }),
  params: z.record(z.string(), z.unknown()),
  seed: z.int(),
  /** `run_key` of the job that made the model. */
  run_key: z.string().optional(),
  data: z.object({
    train: z.int().nonnegative(),
    valid: z.int().nonnegative(),
    train_sha256: z.string(),
    valid_sha256: z.string(),
  }),
});

export type ModelCard = z.infer<typeof modelCardSchema>;

export interface ModelFolder {
  readonly modelFile: string;
  readonly cardFile: string;
  readonly card: ModelCard;
}

/**
 * Reads a model folder and checks that the card belongs to the model.
 *
 * @throws {@link DomainError} when a file is missing, the card is no `al-model/1`, or `model.onnx` has another SHA-256.
 */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const modelFile = join(dir, modelFileName);
  const cardFile = join(dir, cardFileName);
  const card = parseCard(await readText(cardFile), cardFile);
  const sha256 = await sha256OfFile(modelFile).catch((cause: unknown) => {
    throw new DomainError(`${modelFile}: cannot be read (${codeOf(cause)})`, { cause });
  });
  if (sha256 !== card.sha256)
    throw new DomainError(`${modelFile}: its SHA-256 is ${sha256}, but its card says ${card.sha256}`);
  return { modelFile, cardFile, card };
}

function parseCard(text: string, file: string): ModelCard {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DomainError(`${file}: is no JSON`, { cause });
  }
  const parsed = modelCardSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DomainError(
    `${file}: is no al-model/1 card, at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? ''}`,
    { cause: parsed.error },
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new DomainError(`${file}: cannot be read (${codeOf(cause)})`, { cause });
  }
}

/** SHA-256 of a file, hex, without holding it in memory. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
