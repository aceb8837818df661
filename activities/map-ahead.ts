/**
 * Gives the results of `work` in the order of the items, with at most `limit` under way or waiting to be taken: chained, such generators
 * are a pipeline whose steps overlap and whose queues are bounded. The first failure takes no further item, and is thrown when all
 * that is under way has ended.
 */
export async function* mapAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => undefined); // It is thrown when its turn comes.
      underWay.push(result);
      if (underWay.length === limit) yield await (underWay.shift() as Promise<Result>);
    }
    for (let next = underWay.shift(); next; next = underWay.shift()) yield await next;
  } finally {
    await Promise.allSettled(underWay);
  }
}
