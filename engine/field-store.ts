import { z } from 'zod';
import type { ValueType } from '../core/datapoints.ts';
import type { Database } from './database.ts';
import { datapointTable, fieldColumn, zoneColumn } from './datapoint-table.ts';
import { EngineError } from './engine-error.ts';
import { dropFieldIndexes } from './field-index.ts';
import { keepPastOf, pastTable, withoutKeeping } from './past.ts';

export interface Field {
  readonly id: number;
  readonly name: string;
  readonly valueType: ValueType;
  /** Its column then holds a JSON array. */
  readonly multiple: boolean;
  readonly tags: readonly string[];
}

export interface FieldProps {
  readonly name: string;
  readonly valueType: ValueType;
  readonly multiple?: boolean | null;
  readonly tags?: readonly string[] | null;
}

const maxFields = 1000;
/** Columns of every query's result; nobody writes them. */
export const generatedNames: ReadonlySet<string> = new Set(['path', 'datapoint_id', 'dagshub_download_url']);
const columnTypes: Record<ValueType, string> = {
  BOOLEAN: 'INTEGER',
  INTEGER: 'INTEGER',
  DATETIME: 'INTEGER',
  FLOAT: 'REAL',
  STRING: 'TEXT',
  BLOB: 'TEXT',
};
const rowSchema = z.tuple([
  z.number(),
  z.string(),
  z.enum(['BOOLEAN', 'INTEGER', 'DATETIME', 'FLOAT', 'STRING', 'BLOB']),
  z.number(),
  z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
]);

/** A datasource's metadata fields. The calls that write belong into the caller's transaction. */
export class FieldStore {
  private readonly database: Database;
  constructor(database: Database) {
    this.database = database;
  }

  /** By name, in the order they were made. */
  list(datasourceId: number): Map<string, Field> {
    const rows = this.database.rows(
      'SELECT id, name, value_type, multiple, tags FROM field WHERE datasource_id = ? ORDER BY id',
      datasourceId,
    );
    return new Map(
      rows.map((row) => {
        const [id, name, valueType, multiple, tags] = rowSchema.parse(row);
        return [name, { id, name, valueType, multiple: multiple === 1, tags }];
      }),
    );
  }

  /** Makes the field or changes what the props name; a type is for ever. */
  upsert(datasourceId: number, props: FieldProps): Field {
    const existing = this.list(datasourceId).get(props.name);
    if (!existing) return this.create(datasourceId, props);
    requireType(existing, props.valueType);
    const multiple = existing.multiple || props.multiple === true;
    if (multiple && !existing.multiple) this.makeMultiple(datasourceId, existing);
    const field = { ...existing, multiple, tags: props.tags ?? existing.tags };
    this.database.run(
      'UPDATE field SET multiple = ?, tags = ? WHERE id = ?',
      Number(multiple),
      JSON.stringify(field.tags),
      field.id,
    );
    return field;
  }

  private create(datasourceId: number, props: FieldProps): Field {
    if (generatedNames.has(props.name))
      throw new EngineError(`The field "${props.name}" is generated and cannot be written.`);
    if (props.name.trim() === '' || props.name.length > 200)
      throw new EngineError('A field needs a name of 1 to 200 characters.');
    if (this.list(datasourceId).size >= maxFields)
      throw new EngineError(`A datasource holds at most ${maxFields} fields.`);
    const { name, valueType } = props;
    const multiple = props.multiple === true;
    const tags = props.tags ?? [];
    const [row] = this.database.rows(
      'INSERT INTO field (datasource_id, name, value_type, multiple, tags) VALUES (?, ?, ?, ?, ?) RETURNING id',
      datasourceId,
      name,
      valueType,
      Number(multiple),
      JSON.stringify(tags),
    );
    const id = Number(row?.[0]);
    this.addColumns(datasourceId, { id, name, valueType, multiple, tags });
    return { id, name, valueType, multiple, tags };
  }

  private addColumns(datasourceId: number, field: Field): void {
    const table = datapointTable(datasourceId);
    const column = fieldColumn(field.id);
    this.database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${columnTypes[field.valueType]}`);
    if (field.valueType === 'DATETIME')
      this.database.exec(`ALTER TABLE ${table} ADD COLUMN ${zoneColumn(field.id)} TEXT`);
    keepPastOf(this.database, datasourceId, field);
  }

  private makeMultiple(datasourceId: number, field: Field): void {
    const table = datapointTable(datasourceId);
    const column = fieldColumn(field.id);
    dropFieldIndexes(this.database, field);
    withoutKeeping(this.database, datasourceId, field, () => {
      this.database.exec(`UPDATE ${table} SET ${column} = json_array(${column}) WHERE ${column} IS NOT NULL`);
    });
    this.database.run(
      `UPDATE ${pastTable(datasourceId)} SET value = json_array(value) WHERE field = ? AND value IS NOT NULL`,
      field.id,
    );
  }
}

export function requireType(field: Field, valueType: ValueType): void {
  if (field.valueType !== valueType)
    throw new EngineError(`The field "${field.name}" holds ${field.valueType}, not ${valueType}.`);
}
