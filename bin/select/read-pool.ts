import type { NumberArray } from '../../core/number-array.ts';
import type { Matrix } from '../../core/selection/matrix.ts';
import type { SelectionInput } from '../../core/selection/selection-input.ts';
import { readArray } from '../arrays/read-array.ts';
import { UsageError } from '../usage-error.ts';
import { readIds } from './read-ids.ts';

/** Names of the files that a selection is made from. */
export interface PoolFiles {
  readonly scores?: string;
  readonly scoreColumn?: string;
  readonly probabilities?: string;
  readonly embeddings?: string;
  readonly ids?: string;
  readonly labelled?: string;
  readonly exclude?: string;
}

/**
 * Ids come from their own file, else from the first array that has some, else they are the row numbers.
 *
 * @throws UsageError naming the file and what is wrong with it.
 */
export async function readPool(files: PoolFiles): Promise<SelectionInput> {
  const [scores, probabilities, embeddings] = await Promise.all([
    named(files.scores),
    named(files.probabilities),
    named(files.embeddings),
  ]);
  const given = [scores, probabilities, embeddings].filter((one) => one !== undefined);
  const ids =
    files.ids === undefined
      ? (given.find(({ array }) => array.ids)?.array.ids ?? rowNumbers(given))
      : await readIds(files.ids);
  for (const one of given) assertSameRows(one, ids);
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  return {
    ids,
    ...(scores && { informativeness: scoreColumn(scores, files.scoreColumn) }),
    ...(probabilities && { probabilities: matrix(probabilities) }),
    ...(embeddings && { embeddings: matrix(embeddings) }),
    ...(files.labelled !== undefined && { labelled: await readRows(files.labelled, rowOf) }),
    ...(files.exclude !== undefined && { excluded: await readRows(files.exclude, rowOf) }),
  };
}

interface NamedArray {
  readonly file: string;
  readonly array: NumberArray;
}

async function named(file: string | undefined): Promise<NamedArray | undefined> {
  return file === undefined ? undefined : { file, array: await readArray(file) };
}

function rowNumbers([first]: readonly NamedArray[]): string[] {
  if (!first)
    throw new UsageError(
      'There is nothing to choose from: give --scores, --probabilities, --embeddings or --ids.',
    );
  return Array.from({ length: first.array.shape[0] ?? 0 }, (_, row) => String(row));
}

function assertSameRows({ file, array: { shape, ids } }: NamedArray, names: readonly string[]): void {
  if (shape[0] !== names.length)
    throw new UsageError(`${file} has ${shape[0] ?? 0} rows; there are ${names.length} ids.`);
  const row = ids?.findIndex((id, index) => id !== names[index]) ?? -1;
  if (row >= 0)
    throw new UsageError(
      `${file}: row ${row} is "${ids?.[row] ?? ''}", and elsewhere "${names[row] ?? ''}"; give the rows in one order.`,
    );
}

function scoreColumn({ file, array }: NamedArray, wanted: string | undefined): Float64Array {
  const { shape, data, columns } = array;
  const width = shape[1] ?? 1;
  if (shape.length > 2 || shape.length === 0)
    throw new UsageError(
      `${file} has the shape ${shape.join(' × ')}; scores are one column, or several to choose from.`,
    );
  const names = columns ?? Array.from({ length: width }, (_, column) => String(column));
  if (width !== 1 && wanted === undefined)
    throw new UsageError(`${file} has ${width} columns; name one by --score-column: ${names.join(', ')}.`);
  const column = wanted === undefined ? 0 : names.indexOf(wanted);
  if (column < 0)
    throw new UsageError(`${file} has no column "${wanted ?? ''}"; it has ${names.join(', ')}.`);
  return Float64Array.from({ length: shape[0] ?? 0 }, (_, row) => data[row * width + column] ?? NaN);
}

function matrix({ file, array: { shape, data } }: NamedArray): Matrix {
  const [, columns] = shape;
  if (shape.length !== 2 || columns === undefined || columns === 0)
    throw new UsageError(`${file} has the shape ${shape.join(' × ')}; rows and columns are needed.`);
  return { values: data, columns };
}

async function readRows(file: string, rowOf: ReadonlyMap<string, number>): Promise<number[]> {
  return (await readIds(file)).map((id) => {
    const row = rowOf.get(id);
    if (row === undefined) throw new UsageError(`${file}: there is no row "${id}".`);
    return row;
  });
}
