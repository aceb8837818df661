/** Cuts a list into parts of `size`; the last may be smaller. */
export function* chunksOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Cuts the items of a stream of pages into parts of `size`, whatever the size of the pages. */
export async function* chunksOfPages<Item>(
  pages: AsyncIterable<readonly Item[]>,
  size: number,
): AsyncGenerator<readonly Item[]> {
  let held: Item[] = [];
  for await (const page of pages)
    for (const item of page) {
      held.push(item);
      if (held.length < size) continue;
      yield held;
      held = [];
    }
  if (held.length > 0) yield held;
}

/** Joins parts until they hold `size` items or more; the last may be smaller. */
export async function* gathered<Item>(
  parts: AsyncIterable<readonly Item[]>,
  size: number,
): AsyncGenerator<readonly Item[]> {
  let held: Item[] = [];
  for await (const part of parts) {
    held.push(...part);
    if (held.length < size) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}
