/** A text as a file would give it, in small pieces. */
export async function* bytesOf(text: string, pieceBytes = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

export async function* eachOf<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

export async function allOfStream<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}
