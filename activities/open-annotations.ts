import { createReadStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { DomainError } from '../core/errors.ts';
import type { AnnotatedImage } from '../core/formats/annotated-image.ts';
import type { AnnotationFile } from '../core/formats/annotation-file.ts';
import { openCoco } from '../core/formats/coco-reader.ts';
import { FormatReport } from '../core/formats/format-report.ts';
import { openLabelStudio } from '../core/formats/label-studio-tasks.ts';
import type { ObjectFormat } from '../core/formats/object-formats.ts';
import { readYoloDataset } from '../core/formats/yolo-dataset.ts';
import { readYoloLabels } from '../core/formats/yolo-labels.ts';

/** Hears how much of a reading is done, 0..1; each reading begins at 0. */
export type OnRead = (share: number) => void;

/**
 * @param input - A JSON file; for YOLO the dataset's YAML file, beside its images.
 * @throws DomainError for what cannot be opened or is refused. Never retried.
 */
export function openAnnotations(
  format: ObjectFormat,
  input: string,
  onRead: OnRead,
): Promise<AnnotationFile> {
  switch (format) {
    case 'coco':
      return openCoco(() => bytesOf(input, onRead), input);
    case 'label-studio':
      return openLabelStudio(() => bytesOf(input, onRead), input);
    case 'yolo':
      return openYolo(input, onRead);
  }
}

/** A file from its start. @throws DomainError when it cannot be read. */
export async function* bytesOf(file: string, onRead: OnRead): AsyncGenerator<Uint8Array> {
  const { size } = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  let read = 0;
  const chunks = createReadStream(file, { highWaterMark: 1024 * 1024 });
  try {
    for await (const chunk of chunks) {
      const bytes = chunk as Uint8Array;
      onRead(read / size);
      read += bytes.byteLength;
      yield bytes;
    }
  } catch (error) {
    throw chunks.errored === error ? unreadable(file, error) : error;
  }
}

function unreadable(file: string, error: unknown): DomainError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  return new DomainError(`cannot read ${file} on this machine (${code}).`);
}

async function openYolo(input: string, onRead: OnRead): Promise<AnnotationFile> {
  const text = await readFile(input, 'utf8').catch((error: unknown) => {
    throw unreadable(input, error);
  });
  const dataset = readYoloDataset(text, input);
  const root = path.resolve(path.dirname(input), dataset.path ?? '.');
  const found = new Set<string>();
  for (const folder of new Set(Object.values(dataset.splits).flat()))
    for (const file of await imagesBelow(path.resolve(root, folder))) found.add(file);
  if (found.size === 0) throw new DomainError(`${input}: there is no image below ${root}.`);

  async function* images(report: FormatReport): AsyncGenerator<AnnotatedImage> {
    let done = 0;
    for (const file of found) {
      onRead(done++ / found.size);
      const { width, height } = await sizeOf(file);
      const labels = labelFileOf(file);
      const about = { file: labels, names: dataset.names, width, height, report };
      const objects = readYoloLabels(await textOrNone(labels), about);
      report.images += 1;
      report.objects += objects.length;
      yield { path: path.relative(root, file).split(path.sep).join('/'), width, height, objects };
    }
  }
  const checking = images(new FormatReport());
  while (!(await checking.next()).done);
  return { classes: dataset.names, images };
}

async function sizeOf(image: string): Promise<{ width: number; height: number }> {
  return sharp(image)
    .metadata()
    .catch((error: unknown) => {
      throw new DomainError(`cannot read the image ${image}: ${(error as Error).message}`);
    });
}

/** An image without a label file has no objects. */
async function textOrNone(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw unreadable(file, error);
  });
}

/** As Ultralytics finds it: the last folder `images` of the path is `labels`. */
export function labelFileOf(image: string): string {
  const parts = image.split(path.sep);
  const at = parts.lastIndexOf('images');
  const moved = at < 0 ? image : [...parts.slice(0, at), 'labels', ...parts.slice(at + 1)].join(path.sep);
  return `${moved.slice(0, moved.length - path.extname(moved).length)}.txt`;
}

const imageName = /\.(png|jpe?g|webp|bmp|tiff?|gif)$/i;

async function imagesBelow(folder: string): Promise<string[]> {
  const found = await stat(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  if (!found.isDirectory())
    throw new DomainError(`${folder} is no folder of images; lists of images are not read.`);
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => imageName.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}
