import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decodeImage } from '../../images/decode-image.ts';
import { manifestLineSchema, type ManifestLine, type TrainJob } from '../job.ts';
import { TrainerExit } from './trainer-exit.ts';

/** A labelled set, decoded. */
export interface Examples {
  readonly ids: readonly string[];
  /** uint8 `[count][height][width][channels]`. */
  readonly pixels: Uint8Array;
  /** Place of each example's class in the job's classes. */
  readonly labels: readonly number[];
  readonly weights: readonly number[];
}

/** Decoded pixels are held in memory; more than this is not a job for this trainer. */
const largestSetBytes = 2 ** 31;

/**
 * Reads a manifest and decodes its images.
 *
 * @param pulse - Called before each image; may throw to stop.
 * @throws TrainerExit 65, naming manifest and line.
 */
export async function readExamples(
  job: TrainJob,
  ref: TrainJob['train'],
  manifestFile: string,
  pulse: () => void,
): Promise<Examples> {
  const lines = await readManifest(ref, manifestFile);
  const { width, height, channels } = job.input;
  const size = width * height * channels;
  if (lines.length * size > largestSetBytes)
    throw new TrainerExit(
      'data',
      `${ref.manifest}: ${lines.length} images of ${width}x${height}x${channels} do not fit into the 2 GiB that this trainer takes.`,
    );
  const pixels = new Uint8Array(lines.length * size);
  const labels: number[] = [];
  const shape = { width, height, channels, resize: 'stretch', padValue: 0 } as const;
  for (const [index, line] of lines.entries()) {
    pulse();
    const place = `${ref.manifest}:${index + 1}`;
    labels.push(labelOf(line, job, place));
    const bytes = await readImage(line, resolve(dirname(manifestFile), line.file), place);
    try {
      pixels.set(await decodeImage(bytes, shape), index * size);
    } catch (error) {
      throw new TrainerExit(
        'data',
        `${place}: image ${line.file} cannot be decoded (${(error as Error).message})`,
      );
    }
  }
  return { ids: lines.map(({ id }) => id), pixels, labels, weights: lines.map(({ weight }) => weight ?? 1) };
}

async function readManifest(ref: TrainJob['train'], file: string): Promise<ManifestLine[]> {
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

function labelOf({ labels }: ManifestLine, { classes }: TrainJob, place: string): number {
  if (!('class' in labels))
    throw new TrainerExit('data', `${place}: has no class; the task is classification.`);
  const label = classes.indexOf(labels.class);
  if (label < 0)
    throw new TrainerExit(
      'data',
      `${place}: class ${JSON.stringify(labels.class)} is none of ${classes.join(', ')}.`,
    );
  return label;
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
