import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Blob } from './blob-store.ts';
import { ColumnGuess } from './column-guess.ts';
import type { DatasourceStore } from './datasource-store.ts';
import { EngineError } from './engine-error.ts';
import { generatedNames, type Field, type FieldProps, type FieldStore } from './field-store.ts';
import { ImportFaults } from './import-faults.ts';
import type { Cell, MetadataTable, TableColumn } from './metadata-table.ts';
import type { ImportedRow, MetadataStore } from './metadata-store.ts';
import { maxStringLength, parseValue } from './metadata-value.ts';
import { isPlainPath } from './plain-path.ts';
import { StagedTable, type StagedCell, type StagedValue } from './staged-table.ts';

/** A column that becomes a field's values. */
interface FieldColumn extends FieldProps {
  /** Its place in the file. */
  readonly index: number;
  readonly multiple: boolean;
  readonly tags: readonly string[];
}

const documentTag = 'text_document';

/**
 * A file's rows as metadata, all of them or, when one is at fault, none. What is written is what the official client writes when it
 * reads the file itself: a field that exists keeps its type, a new one gets the column's (`column-guess.ts`), long texts of a new one are
 * documents, empty cells and columns of generated names are left out, and text for a BLOB that is no document is taken for the hash of
 * an export and left out too. For a DATETIME, text may be milliseconds or ISO 8601.
 *
 * @param input.pathColumn - Name or place of the column with the datapoints' paths; absent: the first.
 * @param input.folder - For files that are gone afterwards.
 * @returns How many rows held a value and were written.
 * @throws ImportFaults naming rows and columns; EngineError when the file or the path column is wrong.
 */
export async function importMetadata(
  parts: { datasources: DatasourceStore; fields: FieldStore; metadata: MetadataStore },
  input: {
    datasourceId: number;
    table: MetadataTable;
    name: string;
    pathColumn?: string | undefined;
    folder: string;
  },
): Promise<number> {
  const { table, name, datasourceId } = input;
  const pathIndex = findPathColumn(table.columns, input.pathColumn, name);
  const staged = StagedTable.open(input.folder);
  try {
    const seen = table.columns.map(() => ({ guess: new ColumnGuess(), longest: 0, filled: false }));
    for await (const batch of table.batches()) {
      for (const row of batch) row.forEach((cell, index) => look(cell, seen[index]));
      await staged.add(batch);
    }
    // It may have been deleted while the file was read.
    parts.datasources.get(String(datasourceId));
    const known = parts.fields.list(datasourceId);
    const columns = table.columns.flatMap((column, index): FieldColumn[] => {
      const one = seen[index];
      if (!one?.filled || index === pathIndex || generatedNames.has(column.name)) return [];
      return [{ index, ...describeField(column, one, known.get(column.name)) }];
    });
    return parts.metadata.importRows(datasourceId, columns, readRows(staged, columns, { pathIndex, name }));
  } finally {
    await staged.drop();
  }
}

function findPathColumn(columns: readonly TableColumn[], wanted: string | undefined, name: string): number {
  const names = columns.map((column) => column.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) throw new EngineError(`${name} has two columns "${twice}".`);
  if (wanted === undefined) return 0;
  const byName = names.indexOf(wanted);
  if (byName >= 0) return byName;
  if (/^\d+$/.test(wanted) && Number(wanted) < names.length) return Number(wanted);
  throw new EngineError(
    `${name} has no column "${wanted.slice(0, 100)}" for the paths; it has: ${names.join(', ')}.`,
  );
}

function look(
  cell: Cell,
  column: { guess: ColumnGuess; longest: number; filled: boolean } | undefined,
): void {
  if (!column) return;
  column.guess.add(typeof cell === 'string' ? cell : null);
  column.filled ||= cell !== null;
  for (const text of Array.isArray(cell) ? (cell as unknown[]) : [cell])
    if (typeof text === 'string') column.longest = Math.max(column.longest, text.length);
}

function describeField(
  column: TableColumn,
  seen: { guess: ColumnGuess; longest: number },
  field: Field | undefined,
): Omit<FieldColumn, 'index'> {
  const { name } = column;
  if (field) {
    const { valueType, tags } = field;
    return { name, valueType, tags, multiple: field.multiple || column.multiple };
  }
  const valueType = column.valueType ?? seen.guess.valueType ?? 'STRING';
  if (valueType === 'STRING' && seen.longest > maxStringLength)
    return { name, valueType: 'BLOB', tags: [documentTag], multiple: column.multiple };
  return { name, valueType, tags: [], multiple: column.multiple };
}

/** The rows with a value, typed; at the end it throws what was wrong with any. */
function* readRows(
  staged: StagedTable,
  columns: readonly FieldColumn[],
  file: { pathIndex: number; name: string },
): Generator<ImportedRow> {
  const faults = new ImportFaults(file.name);
  for (const { number, cells } of staged.rows()) {
    const path = cells[file.pathIndex];
    if (typeof path !== 'string' || !isPlainPath(path)) {
      faults.addPath(
        number,
        path === null ? 'the path is missing' : `${JSON.stringify(path)} is no path below the root`,
      );
      continue;
    }
    const values = new Map<string, (string | number | Blob)[]>();
    for (const column of columns)
      faults.collect(number, column.name, (place) => {
        const read = valuesOf(cells[column.index] ?? null).flatMap(
          (one) => typed(one, column, { staged, place }) ?? [],
        );
        if (read.length > 0) values.set(column.name, read);
      });
    if (values.size > 0) yield { path, values };
  }
  faults.throwIfAny();
}

function valuesOf(cell: StagedCell): readonly StagedValue[] {
  if (cell === null) return [];
  return Array.isArray(cell) ? (cell as StagedValue[]) : [cell as StagedValue];
}

/** @returns null for what is left out. */
function typed(
  value: StagedValue,
  { valueType, tags }: FieldColumn,
  from: { staged: StagedTable; place: string },
): string | number | Blob | null {
  const { staged, place } = from;
  if (typeof value !== 'string') {
    if (valueType !== 'BLOB') throw new EngineError(`${place}: bytes are no ${valueType}.`);
    return staged.blob(value.blob);
  }
  if (valueType === 'BLOB') return tags.includes(documentTag) ? document(value) : null;
  if (valueType === 'STRING' && value.length > maxStringLength)
    throw new EngineError(`${place}: a STRING has at most ${maxStringLength} characters.`);
  return parseValue(valueType === 'DATETIME' ? milliseconds(value) : value, valueType, place);
}

function document(text: string): Blob {
  const bytes = Buffer.from(text);
  return { hash: createHash('sha256').update(bytes).digest('hex'), gzipped: gzipSync(bytes, { level: 1 }) };
}

/** A time without a zone is UTC. */
function milliseconds(text: string): string {
  const [, day, time = '00:00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|[+-]\d\d:\d\d)?$/.exec(text.trim()) ??
    [];
  const ms = day === undefined ? NaN : Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(ms) ? text : String(ms);
}
