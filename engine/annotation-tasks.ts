import type { AnnotationRequest } from './annotation-request-store.ts';
import type { Database } from './database.ts';
import { datapointTable, fieldColumn } from './datapoint-table.ts';
import type { Field, FieldStore } from './field-store.ts';
import { formatValue } from './metadata-value.ts';

/** Label Studio's task: the image by the URL that results are matched by, and the metadata beside it. */
export interface AnnotationTask {
  readonly data: { readonly image: string };
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The tasks of a request, as its datapoints stand now; those that were deleted since are left out. BLOBs are not shown. */
export function annotationTasks(
  parts: { database: Database; fields: FieldStore },
  request: AnnotationRequest,
): AnnotationTask[] {
  const datasourceId = Number(request.datasource_id);
  const fields = [...parts.fields.list(datasourceId).values()].filter((field) => isShown(field, request));
  const urls = new Map(request.datapoints.map((one) => [one.id, one.download_url]));
  const columns = ['id', 'path', ...fields.map(({ id }) => fieldColumn(id))].join(', ');
  const rows = parts.database.rows(
    `SELECT ${columns} FROM ${datapointTable(datasourceId)}
     WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) ORDER BY id`,
    JSON.stringify([...urls.keys()]),
  );
  return rows.map(([id, path, ...values]) => {
    const shown = fields.flatMap((field, index) => {
      const value = values[index];
      if (value === null || value === undefined) return [];
      const list = field.multiple ? (JSON.parse(String(value)) as (string | number)[]) : null;
      const text = list
        ? list.map((one) => formatValue(one, field.valueType))
        : formatValue(value, field.valueType);
      return [[field.name, text] as const];
    });
    return {
      data: { image: urls.get(String(id)) ?? '' },
      meta: { path, datapoint_id: id, ...Object.fromEntries(shown) },
    };
  });
}

function isShown({ name, valueType }: Field, request: AnnotationRequest): boolean {
  const { ls_meta_includes: included, ls_meta_excludes: excluded } = request;
  return (
    valueType !== 'BLOB' &&
    (!included || included.length === 0 || included.includes(name)) &&
    excluded?.includes(name) !== true
  );
}
