import { z } from 'zod';
import { DomainError } from '../errors.ts';
import type { ResultItem } from '../ports.ts';
import type { AnnotatedImage } from './annotated-image.ts';
import type { AnnotationFile } from './annotation-file.ts';
import { FormatReport } from './format-report.ts';
import { jsonLists } from './json-lists.ts';
import { objectsOfResult, objectsToResult, type ObjectControls } from './label-studio-objects.ts';

export interface ImportedAnnotation {
  /** The datapoint's path. */
  readonly path: string;
  readonly result: readonly ResultItem[];
  /** `import/<file>#<task>`. */
  readonly source: string;
}

const taskSchema = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  annotations: z
    .array(
      z.looseObject({
        result: z.array(z.record(z.string(), z.unknown())),
        was_cancelled: z.boolean().nullish(),
      }),
    )
    .default([]),
});

/**
 * Reads a Label Studio JSON export, a list of tasks, one at a time. The path is `data.al_key`, else `data.path`, else `data.image`. Tasks
 * without an answer are passed over; of several answers the last counts.
 *
 * @throws {@link DomainError} naming file and task for anything else. Never retried.
 */
export async function* readLabelStudioTasks(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<ImportedAnnotation> {
  for await (const { index, value } of jsonLists(bytes, { file, lists: [''] })) {
    const task = taskSchema.safeParse(value);
    if (!task.success) {
      const issue = task.error.issues[0];
      throw new DomainError(
        `${file} is no Label Studio export: ${[index, ...(issue?.path ?? [])].join('.')} ${issue?.message ?? ''}`,
      );
    }
    const { data, annotations } = task.data;
    const answer = annotations.findLast(({ was_cancelled }) => was_cancelled !== true);
    if (!answer) continue;
    const path = data['al_key'] ?? data['path'] ?? data['image'];
    if (typeof path !== 'string' || path === '')
      throw new DomainError(
        `${file}: task ${index} has no data.al_key, data.path or data.image to find its image by.`,
      );
    yield { path, result: answer.result, source: `import/${file}#${index}`.slice(-500) };
  }
}

/**
 * Opens an export for its objects: the answered tasks as images. Tasks whose answer does not tell the image's size are left out and reported.
 *
 * @param open - Opens the file from its start; called once for each reading.
 * @throws {@link DomainError} as {@link readLabelStudioTasks}, or for an item of another shape. Never retried.
 */
export async function openLabelStudio(
  open: () => AsyncIterable<Uint8Array>,
  file: string,
): Promise<AnnotationFile> {
  const classes = new Set<string>();
  for await (const { objects } of readImages(open(), file, new FormatReport()))
    for (const { label } of objects) classes.add(label);
  return { classes: [...classes].sort(), images: (report) => readImages(open(), file, report) };
}

async function* readImages(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  report: FormatReport,
): AsyncGenerator<AnnotatedImage> {
  for await (const { path, result, source } of readLabelStudioTasks(bytes, file)) {
    const place = placeOf(source);
    const image = objectsOfResult(result, { place, report });
    if (!image) {
      report.skip(place, 'nothing in it tells the size of the image');
      continue;
    }
    report.images += 1;
    report.objects += image.objects.length;
    yield { path, ...image };
  }
}

function placeOf(source: string): string {
  return `${source.replace(/^import\//, '')}: result`;
}

/** Writes tasks as Label Studio imports them, and as DagsHub stores them. @returns The document's text in pieces. */
export async function* writeLabelStudioTasks(
  images: AsyncIterable<AnnotatedImage>,
  controls?: ObjectControls,
): AsyncGenerator<string> {
  let tasks = 0;
  for await (const image of images) {
    const data = { image: image.path, al_key: image.path };
    const task = { data, annotations: [{ result: objectsToResult(image, controls) }] };
    yield `${tasks++ === 0 ? '[' : ','}\n${JSON.stringify(task)}`;
  }
  yield tasks === 0 ? '[]\n' : ']\n';
}
