import { JSONParser } from '@streamparser/json';
import { DomainError } from '../errors.ts';

/** One element of a list in a JSON document. */
export interface ListItem {
  /** The list's name; empty for a document that is a list itself. */
  readonly list: string;
  readonly index: number;
  readonly value: unknown;
}

/** No annotation is longer: a document of one endless string is refused before it fills the memory. */
const maxItemBytes = 64 * 1024 * 1024;

/**
 * The elements of a JSON document's lists, one at a time and in the order of the document, without ever holding the document.
 *
 * @param lists - Names of lists at the document's top; `['']` for a document that is a list.
 * @param file - Names the document in messages.
 * @throws {@link DomainError} naming file and place for what is no JSON (`NaN` is none), ends too early, has an element of more than 64 MiB, or
 * has another thing where the list should be. Never retried.
 */
export async function* jsonLists(
  bytes: AsyncIterable<Uint8Array>,
  { file, lists, itemBytes = maxItemBytes }: { file: string; lists: readonly string[]; itemBytes?: number },
): AsyncGenerator<ListItem> {
  const paths = lists.map((list) => (list === '' ? '$.*' : `$.${list}.*`));
  const parser = new JSONParser({ paths, keepStack: false });
  let found: ListItem[] = [];
  let last = 'its start';
  let seenBytes = 0;
  let bytesSinceItem = 0;
  parser.onValue = ({ value, key, stack }) => {
    const list = lists.includes('') ? '' : String(stack[1]?.key ?? '');
    if (typeof key !== 'number')
      throw new DomainError(`${file}: ${list === '' ? 'the document' : `"${list}"`} is no list.`);
    found.push({ list, index: key, value });
    last = `${list}[${key}]`;
    bytesSinceItem = 0;
  };

  for await (const chunk of bytes) {
    bytesSinceItem += chunk.byteLength;
    told(() => parser.write(chunk));
    seenBytes += chunk.byteLength;
    if (bytesSinceItem > itemBytes)
      throw new DomainError(`${file}: what follows ${last} is longer than ${itemBytes} bytes.`);
    yield* found;
    found = [];
  }
  if (!parser.isEnded)
    throw new DomainError(
      `${file} is cut off: the JSON does not end after ${seenBytes} bytes, behind ${last}.`,
    );

  function told(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new DomainError(`${file} is no JSON behind ${last}: ${(error as Error).message}`);
    }
  }
}
