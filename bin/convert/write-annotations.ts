import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { labelFileOf } from '../../activities/open-annotations.ts';
import type { AnnotatedImage } from '../../core/formats/annotated-image.ts';
import { writeCoco } from '../../core/formats/coco-writer.ts';
import { writeLabelStudioTasks } from '../../core/formats/label-studio-tasks.ts';
import type { ObjectFormat } from '../../core/formats/object-formats.ts';
import { writeYoloDataset } from '../../core/formats/yolo-dataset.ts';
import { writeYoloLabels } from '../../core/formats/yolo-labels.ts';
import { UsageError } from '../usage-error.ts';

export interface Annotations {
  readonly classes: readonly string[];
  /** From the first image on, as often as wanted. */
  readonly open: () => AsyncIterable<AnnotatedImage>;
}

/**
 * Writes a file, or for YOLO a folder, that is there whole or not at all.
 *
 * @param task - What YOLO's lines are: boxes or polygons.
 */
export async function writeAnnotations(
  format: ObjectFormat,
  output: string,
  annotations: Annotations,
  task: 'detect' | 'segment',
): Promise<void> {
  if (await exists(output)) throw new UsageError(`${output} is there already; name another, or remove it.`);
  const draft = `${output}.partial-${process.pid}`;
  try {
    await mkdir(path.dirname(path.resolve(output)), { recursive: true });
    if (format === 'yolo') await writeYolo(draft, annotations, task);
    else await pipeline(Readable.from(textOf(format, annotations)), createWriteStream(draft));
    await rename(draft, output);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function textOf(format: 'coco' | 'label-studio', { classes, open }: Annotations): AsyncGenerator<string> {
  return format === 'coco' ? writeCoco(open, { classes }) : writeLabelStudioTasks(open());
}

async function writeYolo(
  folder: string,
  { classes, open }: Annotations,
  task: 'detect' | 'segment',
): Promise<void> {
  await mkdir(folder);
  for await (const image of open()) {
    const under = /(^|\/)images\//.test(image.path) ? image.path : `images/${image.path}`;
    const file = path.join(folder, labelFileOf(path.normalize(under)));
    if (path.relative(folder, file).startsWith('..'))
      throw new UsageError(
        `the image path "${image.path}" leads out of the folder; correct it in the input.`,
      );
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, writeYoloLabels(image, { classes, task }), { flag: 'wx' }).catch(
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        throw new UsageError(
          `two images would share the label file of "${image.path}": they differ by ending only.`,
        );
      },
    );
  }
  const dataset = { splits: { train: ['images'], val: ['images'] }, names: classes };
  await writeFile(path.join(folder, 'dataset.yaml'), writeYoloDataset(dataset));
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
