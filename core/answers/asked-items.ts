import type { ResultItem } from '../ports.ts';

/** The items of a result but those of controls that ask for something else than the classes. @param others - Their names. */
export function askedItems(
  result: readonly ResultItem[],
  others: ReadonlySet<string>,
): readonly ResultItem[] {
  return result.filter((item) => !others.has(String(item['from_name'])));
}
