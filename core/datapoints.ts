/**
 * The words the Data Engine uses for images and what is known of them, and the filter grammar of DagsHub's `QueryInput`.
 * Everything here is plain JSON.
 */

/** Types a metadata field can have in the Data Engine. BLOB values are read as a hash and fetched apart. */
export type ValueType = 'BOOLEAN' | 'INTEGER' | 'DATETIME' | 'FLOAT' | 'STRING' | 'BLOB';

/** An image of a datasource, as a query answers it. `fields` holds text as the server sent it, parsed by value type. */
export interface Datapoint {
  /** The Data Engine's id, an integer as text. */
  readonly id: string;
  /** Relative to the datasource's root, forward slashes; the datapoint's lasting name. */
  readonly path: string;
  /** By field name; a BLOB's value is its hash. A field without value is absent. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export interface Datasource {
  readonly id: string;
  readonly name: string;
  /** `s3://bucket/prefix` or `repo://owner/name/revision:prefix`. */
  readonly rootUrl: string;
  readonly status: 'READY' | 'IN_PROGRESS' | 'AUTO_SCAN_IN_PROGRESS' | 'FAILED';
  /** Why it is FAILED, where the server says so. */
  readonly statusReason?: string;
}

/** One value to upsert by (path, key). A BLOB's value is its bytes. */
export type MetadataEntry = { readonly path: string; readonly key: string } & (
  | { readonly valueType: 'BLOB'; readonly value: Uint8Array }
  | { readonly valueType: 'STRING'; readonly value: string }
  | { readonly valueType: 'INTEGER' | 'FLOAT' | 'DATETIME'; readonly value: number }
  | { readonly valueType: 'BOOLEAN'; readonly value: boolean }
);

export type Comparator =
  | 'EQUAL'
  | 'GREATER_THAN'
  | 'GREATER_EQUAL_THAN'
  | 'LESS_THAN'
  | 'LESS_EQUAL_THAN'
  | 'CONTAINS'
  | 'IS_NULL'
  | 'STARTS_WITH'
  | 'ENDS_WITH';

/** A node of DagsHub's filter tree, sent as it stands. */
export type FilterNode = { readonly not?: boolean } & (
  | {
      readonly filter: {
        readonly key: string;
        readonly value: string;
        readonly valueType: ValueType;
        readonly comparator: Comparator;
      };
    }
  | { readonly and: readonly FilterNode[] }
  | { readonly or: readonly FilterNode[] }
);

const zeroValues: Record<ValueType, string> = {
  BOOLEAN: 'False',
  INTEGER: '0',
  DATETIME: '0',
  FLOAT: '0.0',
  STRING: '',
  BLOB: '',
};

/** True where the field has no value. As the official client, it sends the type's zero value. */
export function isNull(key: string, valueType: ValueType): FilterNode {
  return { filter: { key, value: zeroValues[valueType], valueType, comparator: 'IS_NULL' } };
}

export function isNotNull(key: string, valueType: ValueType): FilterNode {
  return { ...isNull(key, valueType), not: true };
}

export function compare(
  key: string,
  comparator: Exclude<Comparator, 'IS_NULL'>,
  value: string | number | boolean,
  valueType: ValueType,
): FilterNode {
  const text = typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
  return { filter: { key, value: text, valueType, comparator } };
}

export function equals(key: string, value: string | number | boolean, valueType: ValueType): FilterNode {
  return compare(key, 'EQUAL', value, valueType);
}

export function allOf(...nodes: FilterNode[]): FilterNode {
  return { and: nodes };
}

export function anyOf(...nodes: FilterNode[]): FilterNode {
  return { or: nodes };
}
