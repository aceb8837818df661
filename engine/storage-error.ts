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

/** The driver leaves the code out where rows are read. */
const codes: Readonly<Record<string, number>> = {
  'disk I/O error': 10,
  'database disk image is malformed': 11,
  'database or disk is full': 13,
  'file is not a database': 26,
};

/** What SQLite says about its file in words a person can act on; any other error as it is. */
export function storageError(error: unknown, file: string): unknown {
  const { sqliteCode, message } = (error ?? {}) as { sqliteCode?: unknown; message?: unknown };
  const code = typeof sqliteCode === 'number' ? sqliteCode : (codes[String(message)] ?? 0);
  const problem = words[code & 0xff];
  return problem === undefined ? error : new StorageError(`${file} ${problem}.`, { cause: error });
}
