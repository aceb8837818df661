/** The engine's own disk or file is at fault. Its message is for the caller and for the log; nothing of the request was stored. */
export class StorageError extends Error {
  override name = 'StorageError';
}

const words: Readonly<Record<number, string>> = {
  // Primary result codes of SQLite.
  10: 'cannot be read or written',
  11: 'is damaged; restore it from a copy',
  13: 'cannot grow: the disk is full',
  26: 'is no SQLite database; move it away to start with an empty one, or restore it from a copy',
};

/** What SQLite says about its file in words a person can act on; any other error as it is. */
export function storageError(error: unknown, file: string): unknown {
  const code = (error as { sqliteCode?: unknown } | null)?.sqliteCode;
  const problem = typeof code === 'number' ? words[code & 0xff] : undefined;
  return problem === undefined ? error : new StorageError(`${file} ${problem}.`, { cause: error });
}
