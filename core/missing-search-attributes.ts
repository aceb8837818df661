import { searchAttributes } from './search-attributes.ts';

/** Temporal's `IndexedValueType`, by the names its command line uses. */
const typeNumbers: Readonly<Record<string, number>> = { Text: 1, Keyword: 2, Int: 3, Double: 4 };

/**
 * What is wrong with a namespace's search attributes, as one sentence that says how to repair it; null when a loop can run. A workflow
 * that sets an unregistered attribute does not fail: it hangs.
 *
 * @param registered - The namespace's custom attributes: name → `IndexedValueType`.
 */
export function missingSearchAttributes(
  registered: Readonly<Record<string, unknown>>,
  namespace: string,
): string | null {
  const wanted = Object.entries(searchAttributes);
  const missing = wanted.filter(([name]) => registered[name] === undefined);
  if (missing.length > 0) {
    const flags = missing.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
    const names = missing.map(([name]) => name).join(', ');
    return (
      `Temporal's namespace "${namespace}" lacks the search attribute${missing.length > 1 ? 's' : ''} ${names}; ` +
      `add with: temporal operator search-attribute create --namespace ${namespace} ${flags}`
    );
  }
  const other = wanted.find(([name, type]) => registered[name] !== typeNumbers[type]);
  return other === undefined
    ? null
    : `Temporal's namespace "${namespace}" has the search attribute ${other[0]} with another type than ${other[1]}; remove it and add it again.`;
}
