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

const outputSchema = z
  .object({
    /**
     * How to read the outputs. Rows are images.
     * - `class-probabilities`, `class-logits`: `[n, classes]`. Logits go through softmax, or through the sigmoid when `multi_label`.
     * - `yolo-detect`: boxes in pixels of the input and a score by class; see `layout` and `nms`.
     * - `yolo-seg`: the same with as many mask coefficients behind the scores as the second output, `[n, coefficients, height, width]`, has
     *   prototypes.
     */
    kind: z.enum(['class-probabilities', 'class-logits', 'yolo-detect', 'yolo-seg']),
    /** Names of the graph's outputs, those that `kind` speaks of first. */
    names: z.array(z.string().min(1)).min(1),
    /** Name of an output with one feature vector an image, `[n, …]`, if there is one. */
    embedding: z.string().min(1).optional(),
    /** Name of an output with the loss that the model expects of its answer, one number an image, if there is one. */
    predicted_loss: z.string().min(1).optional(),
    /** An image may have several classes, each with a probability of its own. */
    multi_label: z.boolean().optional(),
    /** How many stochastic answers a classifier gives for an image; what it says is their mean. */
    draws: z.int().min(2).max(100).optional(),
    /** `runs` (the default): the graph keeps its dropout and is run anew for each draw. `output`: it answers `[draws, n, classes]` at once. */
    draws_from: z.enum(['runs', 'output']).optional(),
    /**
     * How a YOLO without suppression in its graph lays its cells out. `v8` (the default; YOLOv8, YOLO11, YOLOv5u):
     * `[n, 4 + classes, cells]`. `v5`: `[n, cells, 5 + classes]`, where the fifth number is the objectness that each class score is
     * multiplied with.
     */
    layout: z.enum(['v8', 'v5']).optional(),
    /** Boxes as centre and size, or as two corners (the default where the graph suppresses). In pixels of the input. */
    box_format: z.enum(['cxcywh-pixels', 'xyxy-pixels']).optional(),
    scores: z.literal('probability').optional(),
    /** `in-graph`: the graph suppresses doubles and answers rows of two corners, score and class, `[n, most, 6]`. `none` by default. */
    nms: z.enum(['none', 'in-graph']).optional(),
    /** Objects with this score or less are not told, 0..1; 0.001 by default, so low that average precision sees the whole curve. */
    score_threshold: z.number().min(0).max(1).optional(),
    /** Of two boxes of one class that overlap by more than this (intersection over union), the less sure one is a double; 0.7 by default. */
    iou_threshold: z.number().min(0).max(1).optional(),
    /** Objects an image at most, the surest; 300 by default. */
    max_detections: z.int().positive().optional(),
  })
  .superRefine((output, context) => {
    const isClassifier = output.kind.startsWith('class-');
    const complain = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (output.kind === 'yolo-seg' && output.names.length < 2)
      complain('names', 'yolo-seg reads two outputs: the boxes and the mask prototypes');
    if (output.draws !== undefined && !isClassifier) complain('draws', 'only a classifier gives draws');
    if (output.draws === undefined && output.draws_from !== undefined)
      complain('draws_from', 'says where draws come from, but draws does not say how many');
    if (output.multi_label === true && !isClassifier) complain('multi_label', 'speaks of classifiers only');
  });

const selfTestImage = {
  /** Whose manifest the image is in. */
  manifest: z.enum(['valid', 'train']),
  /** Line of that manifest, from 0. */
  index: z.int().nonnegative(),
  /** `id` of that line. */
  id: z.string().min(1).optional(),
  /** Largest difference allowed in any probability or score. */
  tolerance: z.number().positive(),
};
const classSelfTestSchema = z.object({
  ...selfTestImage,
  /** Probability by class. */
  probs: z.array(z.number()),
});
const objectSelfTestSchema = z.object({
  ...selfTestImage,
  /** The surest objects, without a gap: whatever the model is surer of than the last must be among them. Empty: it finds nothing. */
  detections: z.array(
    z.object({
      class: z.int().nonnegative(),
      score: z.number(),
      /** Left, top, width, height in pixels of the image as it is displayed. */
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
});

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
    /** `stretch` ignores the aspect ratio; `letterbox` keeps it, centres the image and fills the rest with `pad_value`. */
    resize: z.enum(['stretch', 'letterbox']),
    /**
     * `area` (the default): each new pixel is the mean of what it covers. `halved-area`: so, of a JPEG that is halved as it is decoded (PIL's `draft`,
     * OpenCV's `IMREAD_REDUCED_COLOR_2`) where that leaves no fewer pixels than are wanted. `bilinear`: as OpenCV's INTER_LINEAR, which Ultralytics
     * feeds.
     */
    interpolation: z.enum(['area', 'halved-area', 'bilinear']).optional(),
    /** Byte value of the letterbox's border; 0 by default. */
    pad_value: z.int().min(0).max(255).optional(),
    /** `in-graph`: bytes go in as they are. `by-host`: the host computes `(byte * scale - mean) / std`. */
    normalisation: z.enum(['in-graph', 'by-host']),
    scale: z.number().optional(),
    /** By channel. */
    mean: z.array(z.number()).optional(),
    std: z.array(z.number().positive()).optional(),
  }),
  output: outputSchema,
  opset: z.int().positive(),
  /** SHA-256 of `model.onnx`, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What the trainer measured: of the model in this folder, on the validation set. */
  metrics: z.record(z.string(), z.number()),
  /** The trainer's own answer for one image; whoever loads the model repeats it. */
  selftest: z.union([classSelfTestSchema, objectSelfTestSchema]).optional(),
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
export type ModelOutput = ModelCard['output'];
/** What it takes to read a model's answer. */
export type AnswerCard = Pick<ModelCard, 'classes' | 'input' | 'output'>;

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
