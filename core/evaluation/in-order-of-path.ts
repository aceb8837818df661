/** Sorted by path, so that an evaluation does not depend on the order in which images come. */
export function inOrderOfPath<Item extends { readonly path: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
}
