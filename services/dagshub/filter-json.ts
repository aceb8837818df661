import type { FilterNode } from '../../core/datapoints.ts';
import { floatText } from './float-text.ts';

/** A filter as the official client sends it: as it stands, but for the text of a FLOAT. */
export function filterJson(node: FilterNode): FilterNode {
  if ('and' in node) return { ...node, and: node.and.map(filterJson) };
  if ('or' in node) return { ...node, or: node.or.map(filterJson) };
  const { filter } = node;
  const number = filter.value.trim() === '' ? NaN : Number(filter.value);
  if (filter.valueType !== 'FLOAT' || !Number.isFinite(number)) return node;
  return { ...node, filter: { ...filter, value: floatText(number) } };
}
