import type { ValueType } from '../core/datapoints.ts';
import { columnOf, type View } from './column.ts';
import type { SqlValue } from './database.ts';
import { timeFilterSql } from './date-time-filter.ts';
import { EngineError } from './engine-error.ts';
import { requireType } from './field-store.ts';
import type { Filter, FilterLeaf } from './filter.ts';
import { parseValue } from './metadata-value.ts';

/** A condition over one datapoint's row, and the values of its parameters in order. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const operators = {
  EQUAL: '=',
  GREATER_THAN: '>',
  GREATER_EQUAL_THAN: '>=',
  LESS_THAN: '<',
  LESS_EQUAL_THAN: '<=',
} as const;

/**
 * A filter as SQL. A comparison with an absent value is false, and `not` makes it true: two values, as in the client's set
 * algebra, not SQL's three. A field that nobody has written is absent everywhere.
 */
export function compileFilter(filter: Filter, view: View, timeZone: string | null = null): Condition {
  if (filter.kind === 'leaf') {
    if (filter.not && filter.leaf.comparator === 'IS_NULL') {
      const { sql } = compileLeaf(filter.leaf, view, timeZone);
      return { sql: sql === 'TRUE' ? 'FALSE' : sql.replace(/ IS NULL$/, ' IS NOT NULL'), values: [] };
    }
    return negate(compileLeaf(filter.leaf, view, timeZone), filter.not);
  }
  const children = filter.children.map((child) => compileFilter(child, view, timeZone));
  return negate(joined(children, filter.kind), filter.not);
}

function negate(condition: Condition, not: boolean): Condition {
  return not ? { sql: `(${condition.sql}) IS NOT TRUE`, values: condition.values } : condition;
}

/** A top-level chain of ANDs stays flat, for the planner; anything long is a balanced tree, as SQLite limits the depth. */
function joined(children: readonly Condition[], kind: 'and' | 'or'): Condition {
  const [first] = children;
  if (!first) return { sql: kind === 'and' ? 'TRUE' : 'FALSE', values: [] };
  if (children.length === 1) return first;
  const half = Math.ceil(children.length / 2);
  const [left, right] = [joined(children.slice(0, half), kind), joined(children.slice(half), kind)];
  return {
    sql: `(${left.sql} ${kind === 'and' ? 'AND' : 'OR'} ${right.sql})`,
    values: [...left.values, ...right.values],
  };
}

function compileLeaf(leaf: FilterLeaf, view: View, timeZone: string | null): Condition {
  const column = columnOf(leaf.key, view, leaf.asOf ?? view.asOf);
  if (!column) return { sql: leaf.comparator === 'IS_NULL' ? 'TRUE' : 'FALSE', values: [] };
  if (column.field) requireType(column.field, leaf.valueType);
  if (leaf.comparator === 'IS_NULL') return { sql: `${column.sql} IS NULL`, values: [] };
  if (column.field?.multiple) {
    const each = compare({ sql: 'value', zoneSql: 'NULL' }, leaf, column.valueType, timeZone);
    return { sql: `EXISTS (SELECT 1 FROM json_each(${column.sql}) WHERE ${each.sql})`, values: each.values };
  }
  return compare(column, leaf, column.valueType, timeZone);
}

function compare(
  column: { sql: string; zoneSql: string },
  leaf: FilterLeaf,
  valueType: ValueType,
  timeZone: string | null,
): Condition {
  const { sql, zoneSql } = column;
  switch (leaf.comparator) {
    case 'CONTAINS':
      requireText(leaf, valueType);
      return { sql: `instr(${sql}, ?) > 0`, values: [leaf.value] };
    case 'STARTS_WITH':
      requireText(leaf, valueType);
      return { sql: `substr(${sql}, 1, length(?)) = ?`, values: [leaf.value, leaf.value] };
    case 'ENDS_WITH':
      requireText(leaf, valueType);
      return {
        sql: `(length(${sql}) >= length(?) AND substr(${sql}, length(${sql}) - length(?) + 1) = ?)`,
        values: [leaf.value, leaf.value, leaf.value],
      };
    case 'DATE_TIME_FILTER':
      return timeFilterSql(leaf.time, sql, zoneSql, timeZone);
    case 'IS_NULL':
      throw new Error('IS_NULL has no value to compare');
    default:
      return {
        sql: `${sql} ${operators[leaf.comparator]} ?`,
        values: [parseValue(leaf.value, valueType, `The filter on "${leaf.key}"`)],
      };
  }
}

function requireText(leaf: FilterLeaf, valueType: ValueType): void {
  if (valueType !== 'STRING')
    throw new EngineError(`${leaf.comparator} needs a STRING, and "${leaf.key}" holds ${valueType}.`);
}
