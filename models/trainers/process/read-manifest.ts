import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decodeImage, type ImageShape } from '../../images/decode-image.ts';
import { manifestLineSchema, type ManifestLine, type TrainJob } from '../job.ts';
import { TrainerExit } from './trainer-exit.ts';

/** An example of a manifest, decoded. */
export interface Example {
  readonly line: ManifestLine;
  /** The encoded image. */
  readonly bytes: Uint8Array;
  /** `train.jsonl:3`, for messages. */
  readonly place: string;
}

/** Decoded pixels are held in memory; more than this is not a job for a built-in trainer. */
const largestSetBytes = 2 ** 31;

/**
 * Reads a manifest and decodes its images into one array.
 *
 * @param take - Given each example in order, when it is decoded.
 * @param pulse - Called before each image; may throw to stop.
 * @returns uint8 `[count][height][width][channels]`.
 * @throws TrainerExit 65, naming manifest and line.
 */
export async function readManifest(
  ref: TrainJob['train'],
  manifestFile: string,
  shape: ImageShape,
  take: (example: Example) => void | Promise<void>,
  pulse: () => void,
): Promise<Uint8Array> {
  const { width, height, channels } = shape;
  const size = width * height * channels;
  if (ref.count * size > largestSetBytes)
    throw new TrainerExit(
      'data',
      `${ref.manifest}: ${ref.count} images of ${width}x${height}x${channels} do not fit into the 2 GiB that this trainer takes.`,
    );
  const pixels = new Uint8Array(ref.count * size);
  let index = 0;
  for await (const example of readExamples(ref, manifestFile, pulse)) {
    pixels.set(await decodeExample(example, shape), index * size);
    await take(example);
    index += 1;
  }
  return pixels;
}

/**
 * The examples of a manifest, one after the other.
 *
 * @param pulse - Called before each image is read; may throw to stop.
 * @throws TrainerExit 65, naming manifest and line.
 */
export async function* readExamples(
  ref: TrainJob['train'],
  manifestFile: string,
  pulse: () => void,
): AsyncGenerator<Example> {
  for (const [index, line] of (await readLines(ref, manifestFile)).entries()) {
    pulse();
    const place = `${ref.manifest}:${index + 1}`;
    yield { line, place, bytes: await readImage(line, resolve(dirname(manifestFile), line.file), place) };
  }
}

/** The pixels of an example. @throws TrainerExit 65, naming manifest and line. */
export async function decodeExample({ line, bytes, place }: Example, shape: ImageShape): Promise<Uint8Array> {
  try {
    return await decodeImage(bytes, shape);
  } catch (error) {
    throw new TrainerExit(
      'data',
      `${place}: image ${line.file} cannot be decoded (${(error as Error).message})`,
    );
  }
}

/** The place of a class in the job's classes. @throws TrainerExit 65 for an unknown one. */
export function classIndex(label: string, { classes }: TrainJob, place: string): number {
  const index = classes.indexOf(label);
  if (index >= 0) return index;
  throw new TrainerExit('data', `${place}: class ${JSON.stringify(label)} is none of ${classes.join(', ')}.`);
}

/** The same for an example of a classification. @throws TrainerExit 65 when it has no class, or an unknown one. */
export function classLabel({ line, place }: Example, job: TrainJob): number {
  if ('class' in line.labels) return classIndex(line.labels.class, job, place);
  throw new TrainerExit('data', `${place}: has no class; the task is classification.`);
}

async function readLines(ref: TrainJob['train'], file: string): Promise<ManifestLine[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new TrainerExit('data', `${ref.manifest}: cannot be read (${(error as Error).message})`);
  });
  if (sha256(text) !== ref.sha256)
    throw new TrainerExit('data', `${ref.manifest}: its SHA-256 is not the one that the job names.`);
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => parseLine(line, `${ref.manifest}:${index + 1}`));
  if (lines.length !== ref.count)
    throw new TrainerExit(
      'data',
      `${ref.manifest}: has ${lines.length} lines, but the job says ${ref.count}.`,
    );
  return lines;
}

function parseLine(line: string, place: string): ManifestLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new TrainerExit('data', `${place}: is no JSON`);
  }
  const parsed = manifestLineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TrainerExit('data', `${place}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

async function readImage(line: ManifestLine, file: string, place: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : (code ?? message);
    throw new TrainerExit('data', `${place}: image ${line.file} cannot be read (${reason})`);
  });
  if (line.sha256 !== undefined && sha256(bytes) !== line.sha256)
    throw new TrainerExit('data', `${place}: image ${line.file} has another SHA-256 than its line says.`);
  return bytes;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
