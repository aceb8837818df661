import { readFile } from 'node:fs/promises';
import { DomainError } from '../../core/errors.ts';
import { readClassCsv, type ClassRow } from '../../core/formats/class-csv.ts';
import { FormatReport } from '../../core/formats/format-report.ts';
import type { Matrix } from '../../core/selection/matrix.ts';
import type { LabelledSet } from '../../core/simulation/labelled-set.ts';
import { groupOfPath } from '../../core/split-rule.ts';
import { readArray } from '../arrays/read-array.ts';
import { UsageError } from '../usage-error.ts';
import { pixelEmbeddings } from './pixel-embeddings.ts';

export interface LabelledFiles {
  /** `path,label` lines, or a COCO file. */
  readonly labels: string;
  /** Folder that the paths lie in, for pixels as embeddings. */
  readonly images?: string;
  /** A feature vector a row, in the order of the labels or with their paths as ids. */
  readonly embeddings?: string;
  /** Regular expression whose first group names an image's near-copies. */
  readonly groupBy?: RegExp;
}

/** @throws UsageError naming file and row of what is wrong. */
export async function readLabelledSet(files: LabelledFiles, signal: AbortSignal): Promise<LabelledSet> {
  if (isCoco(files.labels)) return readShown(files, signal);
  const rows = await readLabels(files.labels);
  const classes = [...new Set(rows.map(({ label }) => label))].sort();
  if (classes.length < 2)
    throw new UsageError(
      `${files.labels} has the one class "${classes[0] ?? ''}"; there is nothing to learn.`,
    );
  const embeddings = await embeddingsOf(rows, files, signal);
  return {
    ids: rows.map(({ path }) => path),
    labels: Int32Array.from(rows, ({ label }) => classes.indexOf(label)),
    classes,
    embeddings,
    groups: rows.map(({ path }) => (files.groupBy ? groupOfPath(files.groupBy, path) : path)),
  };
}

/** Whether the labels are of images with classes that go together. */
export function isCoco(labels: string): boolean {
  return labels.toLowerCase().endsWith('.json');
}

/** Which classes each image of a COCO file shows; images without objects show none. */
async function readShown(files: LabelledFiles, signal: AbortSignal): Promise<LabelledSet> {
  const { openAnnotations } = await import('../../activities/open-annotations.ts');
  const { classes, images } = await openAnnotations('coco', files.labels, () => undefined);
  const rows: ClassRow[] = [];
  const presence: number[][] = [];
  for await (const { path, objects } of images(new FormatReport())) {
    signal.throwIfAborted();
    rows.push({ path, label: '', source: `import/${files.labels}` });
    presence.push(classes.map((name) => Number(objects.some(({ label }) => label === name))));
  }
  return {
    ids: rows.map(({ path }) => path),
    labels: new Int32Array(rows.length),
    classes,
    presence,
    embeddings: await embeddingsOf(rows, files, signal),
    groups: rows.map(({ path }) => (files.groupBy ? groupOfPath(files.groupBy, path) : path)),
  };
}

async function embeddingsOf(
  rows: readonly ClassRow[],
  { labels, images, embeddings }: LabelledFiles,
  signal: AbortSignal,
): Promise<Matrix> {
  if ((images === undefined) === (embeddings === undefined))
    throw new UsageError('Give either --images, whose pixels are learned from, or --embeddings.');
  return embeddings === undefined
    ? pixelEmbeddings(rows, { labels, images: images ?? '' }, signal)
    : readEmbeddings(embeddings, rows, labels);
}

async function readLabels(file: string): Promise<ClassRow[]> {
  try {
    const rows = readClassCsv(await readFile(file, 'utf8'), file);
    if (rows.length === 0) throw new UsageError(`${file} holds no row.`);
    const seen = new Map<string, ClassRow>();
    for (const row of rows) {
      const before = seen.get(row.path);
      if (before)
        throw new UsageError(
          `${placeOf(row)}: "${row.path}" is "${row.label}" here and "${before.label}" in ${placeOf(before)}; name each image once.`,
        );
      seen.set(row.path, row);
    }
    return rows;
  } catch (error) {
    if (error instanceof DomainError) throw new UsageError(error.message, { cause: error });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UsageError(`${file}: there is no such file.`, { cause: error });
    throw error;
  }
}

async function readEmbeddings(file: string, rows: readonly ClassRow[], labels: string): Promise<Matrix> {
  const { shape, data, ids } = await readArray(file);
  const [count = 0, columns = 0] = shape;
  if (shape.length !== 2 || columns === 0)
    throw new UsageError(`${file} has the shape ${shape.join(' × ')}; rows and columns are needed.`);
  if (!ids && count !== rows.length)
    throw new UsageError(`${file} has ${count} rows; ${labels} has ${rows.length}.`);
  const placeOfId = new Map(ids?.map((id, at) => [id, at]));
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => {
    const from = ids ? placeOfId.get(row.path) : at;
    if (from === undefined)
      throw new UsageError(`${placeOf(row)}: there is no embedding of "${row.path}" in ${file}.`);
    const vector = data.subarray(from * columns, (from + 1) * columns);
    const bad = vector.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new UsageError(`${file}: row ${from} ("${row.path}") holds ${bad}.`);
    if (vector.every((value) => value === 0))
      throw new UsageError(`${file}: row ${from} ("${row.path}") is all zeros, which points nowhere.`);
    values.set(vector, at * columns);
  });
  return { values, columns };
}

/** File and line of a row. */
function placeOf({ source }: ClassRow): string {
  return source.replace(/^import\//, '');
}
