import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import type { ValueType } from '../core/datapoints.ts';
import { EngineError } from './engine-error.ts';
import { rowsABatch, type Cell, type MetadataTable, type TableColumn } from './metadata-table.ts';

/** Besides Snappy, which most writers choose by themselves. */
const compressors = {
  GZIP: (input: Uint8Array) => gunzipSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
};

/**
 * Parquet, plain or compressed by Snappy, gzip or Brotli; a row group at a time is in memory. Times without a zone are UTC.
 *
 * @param name - The file's, for messages.
 */
export async function openParquet(file: string, name: string): Promise<MetadataTable> {
  const readable = async <T>(read: Promise<T>): Promise<T> =>
    read.catch((error: unknown) => {
      throw new EngineError(`${name} cannot be read as Parquet: ${(error as Error).message}.`);
    });
  const buffer = await asyncBufferFromFile(file);
  const metadata = await readable(parquetMetadataAsync(buffer, { geoparquet: false }));
  const columns = parquetSchema(metadata).children.map((tree) => describeColumn(tree, name));
  requireCodec(metadata, name);
  return {
    columns,
    async *batches() {
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows);
        const options = { file: buffer, metadata, rowStart, rowEnd, compressors, utf8: false };
        const rows = await readable(parquetReadObjects(options));
        for (let start = 0; start < rows.length; start += rowsABatch)
          yield rows
            .slice(start, start + rowsABatch)
            .map((row) => columns.map((column) => toCell((row as Record<string, unknown>)[column.name])));
        rowStart = rowEnd;
      }
    },
  };
}

function requireCodec(metadata: FileMetaData, name: string): void {
  const known = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(compressors)];
  for (const { meta_data: column } of metadata.row_groups.flatMap((group) => group.columns))
    if (column && !known.includes(column.codec))
      throw new EngineError(
        `${name} is compressed with ${column.codec}; known are Snappy, gzip and Brotli, and no compression.`,
      );
}

function describeColumn(tree: SchemaTree, name: string): TableColumn {
  const leaf = listed(tree);
  if (!leaf || leaf.element.type === undefined)
    throw new EngineError(
      `${name}, column "${tree.element.name}": it holds structures; metadata are values and lists of values.`,
    );
  return { name: tree.element.name, valueType: typeOf(leaf.element), multiple: leaf !== tree };
}

/** What a list is of, or the column itself; null for structures. */
function listed(tree: SchemaTree): SchemaTree | null {
  if (tree.children.length === 0) return tree;
  const [repeated] = tree.children;
  const [item] = repeated?.children ?? [];
  const isList = tree.element.converted_type === 'LIST' || tree.element.logical_type?.type === 'LIST';
  if (!isList || !repeated || repeated.children.length > 1) return null;
  const leaf = item ?? repeated;
  return leaf.children.length === 0 ? leaf : null;
}

function typeOf({ type, converted_type: converted, logical_type: logical }: SchemaElement): ValueType {
  const meaning = logical?.type ?? converted ?? '';
  if (/^(DATE|TIMESTAMP)/.test(meaning) || type === 'INT96') return 'DATETIME';
  if (/^(UTF8|STRING|ENUM|JSON|UUID|NULL)$/.test(meaning)) return 'STRING';
  if (/^(DECIMAL|FLOAT16)$/.test(meaning)) return 'FLOAT';
  switch (type) {
    case 'BOOLEAN':
      return 'BOOLEAN';
    case 'INT32':
    case 'INT64':
      return 'INTEGER';
    case 'FLOAT':
    case 'DOUBLE':
      return 'FLOAT';
    default:
      return 'BLOB';
  }
}

function toCell(value: unknown): Cell {
  if (Array.isArray(value)) {
    const values = value.map(toText).filter((one) => one !== null);
    return values.length > 0 ? values : null;
  }
  return toText(value);
}

/** As Python's client writes it. NaN is no value. */
function toText(value: unknown): string | Uint8Array | null {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return String(value.getTime());
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value === 'string') return value;
  return (value as number | bigint).toString();
}
