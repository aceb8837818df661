import {
  type Data,
  DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Precision,
  Table,
  makeData,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
  Utf8,
  Vector,
} from 'apache-arrow';
import { DomainError } from '../../core/errors.ts';
import type { NumberArray } from '../../core/number-array.ts';

/**
 * An Arrow table (Feather 2, or a stream): numeric columns, one a column, or else one column of lists of one length. A column of texts holds the
 * rows' ids. Null is NaN.
 *
 * @throws DomainError naming the column that is neither.
 */
export function readArrowArray(bytes: Uint8Array): NumberArray {
  const table = open(bytes);
  const texts = table.schema.fields.filter(({ type }) => DataType.isUtf8(type) || DataType.isLargeUtf8(type));
  const others = table.schema.fields.filter((field) => !texts.includes(field));
  if (texts.length > 1)
    throw new DomainError(`It has ${texts.length} columns of texts; one can be the ids: ${namesOf(texts)}.`);
  const ids = texts[0] && Array.from(column(table, texts[0]), String);
  const [only] = others;
  const numbers =
    only && others.length === 1 && isList(only.type as DataType)
      ? listColumn(column(table, only), only.name)
      : columns(table, others);
  return { ...numbers, ...(ids && { ids }) };
}

/** The array as a Feather 2 file: a column a column, or one column `values` of lists where they have no names. */
export function arrowOfArray({ shape, data, ids, columns: names }: NumberArray): Uint8Array {
  const [rows = 0, width = 1] = shape;
  if (shape.length > 2)
    throw new DomainError(`An Arrow table has rows and columns, and this has ${shape.length} axes.`);
  const vectors: Record<string, Vector> = ids ? { id: vectorFromArray([...ids], new Utf8()) } : {};
  if (names || width === 1)
    for (let place = 0; place < width; place++)
      vectors[names?.[place] ?? 'values'] = vectorOf(data.filter((_, index) => index % width === place));
  else {
    const child = vectorOf(data).data[0] as Data;
    const type: FixedSizeList = new FixedSizeList(width, new Field('item', child.type));
    vectors['values'] = new Vector([makeData({ type, length: rows, nullCount: 0, child })]);
  }
  return tableToIPC(new Table(vectors), 'file');
}

function open(bytes: Uint8Array): Table {
  try {
    return tableFromIPC(bytes);
  } catch (error) {
    throw new DomainError(`It is no Arrow file: ${(error as Error).message}.`, { cause: error });
  }
}

function column(table: Table, { name }: Field): Vector {
  const found = table.getChild(name);
  if (!found) throw new DomainError(`It has no column "${name}".`);
  return found;
}

function isList(type: DataType): boolean {
  return DataType.isFixedSizeList(type) || DataType.isList(type);
}

function columns(table: Table, fields: readonly Field[]): NumberArray {
  const bad = fields.find(({ type }) => !isNumber(type as DataType));
  if (bad) throw new DomainError(`Its column "${bad.name}" holds ${String(bad.type)}, not numbers.`);
  const single = fields.length > 0 && fields.every(({ type }) => isSingle(type as DataType));
  const data = empty(single, table.numRows * fields.length);
  fields.forEach((field, place) => {
    const values = valuesOf(column(table, field));
    for (let row = 0; row < values.length; row++) data[row * fields.length + place] = values[row] ?? NaN;
  });
  const shape = fields.length === 1 ? [table.numRows] : [table.numRows, fields.length];
  return { shape, data, columns: fields.map(({ name }) => name) };
}

function listColumn(vector: Vector, name: string): NumberArray {
  const width = (vector.get(0) as Vector | null)?.length ?? 0;
  const item = (vector.type as FixedSizeList).children[0]?.type as DataType | undefined;
  if (!item || !isNumber(item))
    throw new DomainError(`Its column "${name}" holds ${String(vector.type)}, not lists of numbers.`);
  const data = empty(isSingle(item), vector.length * width);
  let row = 0;
  for (const list of vector as Iterable<Vector | null>) {
    if (list && list.length !== width)
      throw new DomainError(
        `Its column "${name}" holds ${list.length} numbers in row ${row}, ${width} in row 0.`,
      );
    data.set(list ? valuesOf(list) : new Array<number>(width).fill(NaN), row * width);
    row += 1;
  }
  return { shape: [vector.length, width], data };
}

/** Without a copy where the numbers stand side by side as they are. */
function valuesOf(vector: Vector): ArrayLike<number> {
  const array: unknown = vector.nullCount === 0 ? vector.toArray() : null;
  if (array instanceof Float32Array || array instanceof Float64Array) return array;
  return Array.from(vector as Iterable<number | bigint | null>, (value) =>
    value === null ? NaN : Number(value),
  );
}

function isNumber(type: DataType): boolean {
  return DataType.isInt(type) || DataType.isFloat(type);
}

function isSingle(type: DataType): boolean {
  return DataType.isFloat(type) && type.precision !== Precision.DOUBLE;
}

function empty(single: boolean, length: number): Float32Array | Float64Array {
  return single ? new Float32Array(length) : new Float64Array(length);
}

function vectorOf(data: Float32Array | Float64Array): Vector<Float32> | Vector<Float64> {
  return data instanceof Float32Array
    ? new Vector([makeData({ type: new Float32(), data })])
    : new Vector([makeData({ type: new Float64(), data })]);
}

function namesOf(fields: readonly Field[]): string {
  return fields.map(({ name }) => name).join(', ');
}
