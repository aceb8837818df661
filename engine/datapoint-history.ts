import { z } from 'zod';
import { columnOf, type View } from './column.ts';
import type { Database } from './database.ts';
import { datapointTable } from './datapoint-table.ts';
import type { Field, FieldStore } from './field-store.ts';
import { EngineError } from './engine-error.ts';
import { goneTable, pastTable } from './past.ts';

/** `DatapointHistoryInput` of the protocol; times are in seconds, both ends included. */
export interface HistoryInput {
  /** Paths. */
  readonly datapoints: readonly string[];
  /** Only changes of these count; all, when missing. */
  readonly fields?: readonly string[] | null;
  readonly fromTime?: number | null;
  readonly toTime?: number | null;
  readonly after?: string | null;
  readonly first?: number | null;
}

export interface HistoryPage {
  readonly datapoints: { path: string; timestamps: number[] }[];
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
}

const largestPage = 5000;
const lifeSchema = z.tuple([z.number(), z.number(), z.number().nullable()]);

/**
 * When datapoints changed: were made, written to, deleted. A path that was deleted and made again has the history of both. The pages
 * follow the order of the paths asked for, each once; a path that nobody knows has an empty history.
 */
export function datapointHistory(
  parts: { database: Database; fields: FieldStore },
  datasourceId: number,
  input: HistoryInput,
): HistoryPage {
  const start = input.after == null ? 0 : Number(input.after);
  if (!Number.isSafeInteger(start) || start < 0)
    throw new EngineError('"after" is no cursor of this engine.');
  if (input.first != null && input.first < 1) throw new EngineError('"first" is 1 or more.');
  const paths = [...new Set(input.datapoints)];
  const end = start + Math.min(input.first ?? largestPage, largestPage);
  const known = parts.fields.list(datasourceId);
  const wanted = input.fields?.flatMap((name) => known.get(name) ?? []) ?? null;
  const view: View = { datasourceId, fields: known, asOf: null };
  const from = input.fromTime ?? -Infinity;
  const to = input.toTime ?? Infinity;
  return {
    datapoints: paths.slice(start, end).map((path) => ({
      path,
      timestamps: timesOf(parts.database, view, path, wanted).filter((time) => time >= from && time <= to),
    })),
    endCursor: String(Math.min(end, paths.length)),
    hasNextPage: end < paths.length,
  };
}

/** Ascending, each once. */
function timesOf(database: Database, view: View, path: string, fields: readonly Field[] | null): number[] {
  const lives = database.rows(
    `SELECT id, created_at, NULL FROM ${datapointTable(view.datasourceId)} WHERE path = ?1
     UNION ALL SELECT id, created_at, deleted_at FROM ${goneTable(view.datasourceId)} WHERE path = ?1`,
    path,
  );
  const times = lives.flatMap((life) => {
    const [id, createdAt, deletedAt] = lifeSchema.parse(life);
    if (fields === null)
      return [createdAt, ...changesOf(database, view, id, null), ...(deletedAt === null ? [] : [deletedAt])];
    const born = deletedAt === null && fields.some((field) => wasThere(database, view, id, field, createdAt));
    const bornAndGone =
      deletedAt !== null && fields.some((field) => isFirstPastPresent(database, view, id, field));
    return [
      ...(born || bornAndGone ? [createdAt] : []),
      ...fields.flatMap((field) => changesOf(database, view, id, field)),
    ];
  });
  return [...new Set(times)].sort((one, other) => one - other);
}

function changesOf(database: Database, view: View, id: number, field: Field | null): number[] {
  const sql = `SELECT DISTINCT until FROM ${pastTable(view.datasourceId)} WHERE datapoint = ?`;
  const rows = field === null ? database.rows(sql, id) : database.rows(`${sql} AND field = ?`, id, field.id);
  return rows.map((row) => Number(row[0]));
}

/** Whether a datapoint of today was made with a value of the field. */
function wasThere(database: Database, view: View, id: number, field: Field, createdAt: number): boolean {
  const column = columnOf(field.name, view, createdAt);
  const [row] = database.rows(
    `SELECT ${column?.sql ?? 'NULL'} IS NOT NULL FROM ${datapointTable(view.datasourceId)} AS d WHERE d.id = ?`,
    id,
  );
  return row?.[0] === 1;
}

/** Whether a deleted datapoint was made with a value of the field: deletion has put all that it held into the past. */
function isFirstPastPresent(database: Database, view: View, id: number, field: Field): boolean {
  const [row] = database.rows(
    `SELECT value IS NOT NULL FROM ${pastTable(view.datasourceId)} WHERE datapoint = ? AND field = ? ORDER BY until LIMIT 1`,
    ...[id, field.id],
  );
  return row?.[0] === 1;
}
