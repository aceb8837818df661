import type { ValueType } from '../core/datapoints.ts';

/** A cell's value as the protocol writes it, text, or a BLOB's bytes; several of a list; null for an empty one. */
export type Cell = string | Uint8Array | readonly (string | Uint8Array)[] | null;

export interface TableColumn {
  readonly name: string;
  /** What the file says it holds; null when it says nothing, as CSV. */
  readonly valueType: ValueType | null;
  /** Its cells may be lists. */
  readonly multiple: boolean;
}

/** A file of metadata, read from its start to its end. */
export interface MetadataTable {
  readonly columns: readonly TableColumn[];
  /** Batches of rows; each row has a cell a column. */
  batches(): AsyncIterable<readonly (readonly Cell[])[]>;
}

export const rowsABatch = 1000;
