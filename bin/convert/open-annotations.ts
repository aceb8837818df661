import { createReadStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { AnnotatedImage } from '../../core/formats/annotated-image.ts';
import type { AnnotationFile } from '../../core/formats/annotation-file.ts';
import { openCoco } from '../../core/formats/coco-reader.ts';
import { FormatReport } from '../../core/formats/format-report.ts';
import { openLabelStudio } from '../../core/formats/label-studio-tasks.ts';
import { readYoloDataset } from '../../core/formats/yolo-dataset.ts';
import { readYoloLabels } from '../../core/formats/yolo-labels.ts';
import { UsageError } from '../usage-error.ts';
import type { Format } from './formats.ts';

/** Hears how much of a reading is done, 0..1; each reading begins at 0. */
export type OnRead = (share: number) => void;

/**
 * @param input - A JSON file; for YOLO the dataset's YAML file, beside its images.
 * @throws UsageError for what cannot be opened; DomainError for what is refused.
 */
export function openAnnotations(format: Format, input: string, onRead: OnRead): Promise<AnnotationFile> {
  switch (format) {
    case 'coco':
      return openCoco(() => bytesOf(input, onRead), input);
    case 'label-studio':
      return openLabelStudio(() => bytesOf(input, onRead), input);
    case 'yolo':
      return openYolo(input, onRead);
  }
}

async function* bytesOf(file: string, onRead: OnRead): AsyncGenerator<Uint8Array> {
  try {
    const { size } = await stat(file);
    let read = 0;
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
      const bytes = chunk as Uint8Array;
      onRead(read / size);
      read += bytes.byteLength;
      yield bytes;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
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
  if (found.size === 0) throw new UsageError(`${input}: there is no image below ${root}.`);

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
      throw new UsageError(`cannot read the image ${image}: ${(error as Error).message}`);
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
    throw new UsageError(`${folder} is no folder of images; lists of images are not read.`);
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => imageName.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}
