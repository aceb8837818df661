import {
  Field,
  FixedSizeList,
  Float32,
  Schema,
  Table,
  Utf8,
  Vector,
  makeData,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { DomainError } from '../core/errors.ts';

/** What a model told of some images, row by row in the order of `ids`. */
export interface EmbeddingFile {
  /** The datapoints' paths. */
  readonly ids: readonly string[];
  /** `[rows × columns]`, each row of length 1 unless it is no direction. */
  readonly vectors: Float32Array;
  readonly columns: number;
  /** What the vectors are: `LoadedModel.embeddedBy`. */
  readonly embeddedBy: string;
  /** `[rows × classes]`; null where the model gives no distribution over classes. */
  readonly probabilities: Float32Array | null;
  /** In the order of the probabilities. */
  readonly classes: readonly string[];
}

/** As an Arrow file (Feather 2): the columns `path`, `embedding` and, where there are any, `probabilities`. */
export function writeEmbeddingFile(file: EmbeddingFile): Uint8Array {
  const { ids, vectors, columns, embeddedBy, probabilities, classes } = file;
  const path = vectorFromArray([...ids], new Utf8());
  const lists = {
    embedding: listVector(vectors, columns, ids.length),
    ...(probabilities && { probabilities: listVector(probabilities, classes.length, ids.length) }),
  };
  const table = new Table({ path, ...lists });
  const metadata = new Map([
    ['embedded_by', embeddedBy],
    ['classes', JSON.stringify(classes)],
  ]);
  return tableToIPC(new Table(new Schema(table.schema.fields, metadata), table.batches), 'file');
}

/** @throws DomainError when the bytes are something else. */
export function readEmbeddingFile(bytes: Uint8Array, name: string): EmbeddingFile {
  let table: Table;
  try {
    table = tableFromIPC(bytes);
  } catch (error) {
    throw new DomainError(`${name} is no Arrow file: ${(error as Error).message}.`, { cause: error });
  }
  const path = table.getChild('path');
  const vectors = listOf(table, 'embedding');
  const embeddedBy = table.schema.metadata.get('embedded_by');
  if (!path || !vectors || embeddedBy === undefined)
    throw new DomainError(`${name} has no columns "path" and "embedding" of ours.`);
  return {
    ids: Array.from(path, String),
    vectors: vectors.values,
    columns: vectors.width,
    embeddedBy,
    probabilities: listOf(table, 'probabilities')?.values ?? null,
    classes: JSON.parse(table.schema.metadata.get('classes') ?? '[]') as string[],
  };
}

function listVector(values: Float32Array, width: number, rows: number): Vector<FixedSizeList<Float32>> {
  const child = makeData({ type: new Float32(), data: values });
  const type = new FixedSizeList(width, new Field('item', child.type));
  return new Vector([makeData({ type, length: rows, nullCount: 0, child })]);
}

function listOf(table: Table, name: string): { values: Float32Array; width: number } | null {
  const vector = table.getChild(name) as Vector<FixedSizeList<Float32>> | null;
  if (!vector) return null;
  const width = vector.type.listSize;
  const values = new Float32Array(vector.length * width);
  let at = 0;
  for (const { children, length } of vector.data) {
    const [child] = children;
    const part = (child?.values as Float32Array | undefined)?.subarray(0, length * width) ?? [];
    values.set(part, at);
    at += length * width;
  }
  return { values, width };
}
