import { createReadStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { AnnotatedImage } from '../../core/formats/annotated-image.ts';
import { readCoco, readCocoClasses } from '../../core/formats/coco-reader.ts';
import { FormatReport } from '../../core/formats/format-report.ts';
import { readLabelStudioImages } from '../../core/formats/label-studio-tasks.ts';
import { readYoloDataset } from '../../core/formats/yolo-dataset.ts';
import { readYoloLabels } from '../../core/formats/yolo-labels.ts';
import { UsageError } from '../usage-error.ts';
import type { Format } from './formats.ts';

/** Annotations on disk that can be read as often as wanted. */
export interface AnnotationSource {
  /** In the order of their numbers where the format has numbers, else of the alphabet. */
  classes(): Promise<readonly string[]>;
  images(report: FormatReport): AsyncIterable<AnnotatedImage>;
}

/** @param input - A JSON file; for YOLO the dataset's YAML file, beside its images. */
export function annotationSource(format: Format, input: string): AnnotationSource {
  const open = () => bytesOf(input);
  switch (format) {
    case 'coco':
      return {
        classes: () => readCocoClasses(open(), input),
        images: (report) => readCoco(open, { file: input, report }),
      };
    case 'label-studio': {
      const images = (report: FormatReport) => readLabelStudioImages(open, { file: input, report });
      return { classes: () => foundClasses(images(new FormatReport())), images };
    }
    case 'yolo':
      return {
        classes: async () => (await yoloDataset(input)).names,
        images: (report) => yoloImages(input, report),
      };
  }
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
}

async function foundClasses(images: AsyncIterable<AnnotatedImage>): Promise<string[]> {
  const found = new Set<string>();
  for await (const { objects } of images) for (const { label } of objects) found.add(label);
  return [...found].sort();
}

async function yoloDataset(input: string) {
  const text = await readFile(input, 'utf8').catch((error: unknown) => {
    throw unreadable(input, error);
  });
  return readYoloDataset(text, input);
}

/** Every label file is read twice, so that one that is refused comes before the first image is given. */
async function* yoloImages(input: string, report: FormatReport): AsyncGenerator<AnnotatedImage> {
  const dataset = await yoloDataset(input);
  const root = path.resolve(path.dirname(input), dataset.path ?? '.');
  const files = new Set<string>();
  for (const folder of new Set(Object.values(dataset.splits).flat()))
    for (const file of await imagesBelow(path.resolve(root, folder))) files.add(file);
  if (files.size === 0) throw new UsageError(`${input}: there is no image below ${root}.`);
  const readOne = async (file: string, tellTo: FormatReport): Promise<AnnotatedImage> => {
    const { width, height } = await sharp(file)
      .metadata()
      .catch((error: unknown) => {
        throw new UsageError(`cannot read the image ${file}: ${(error as Error).message}`);
      });
    const labels = labelFileOf(file);
    const text = await readFile(labels, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw unreadable(labels, error);
    });
    const about = { file: labels, names: dataset.names, width, height, report: tellTo };
    const imagePath = path.relative(root, file).split(path.sep).join('/');
    return { path: imagePath, width, height, objects: readYoloLabels(text, about) };
  };
  for (const file of files) await readOne(file, new FormatReport());
  for (const file of files) {
    const image = await readOne(file, report);
    report.images += 1;
    report.objects += image.objects.length;
    yield image;
  }
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
