import { open } from 'node:fs/promises';
import { DomainError } from '../../core/errors.ts';
import { readNpy } from '../../core/formats/npy.ts';
import type { NumberArray } from '../../core/number-array.ts';
import { UsageError } from '../usage-error.ts';
import { arrayFormatOf } from './array-formats.ts';
import { readCsvArray } from './csv-array.ts';
import { readJsonArray } from './json-array.ts';

/** One `read` call answers fewer bytes than this. */
const readBytes = 2 ** 30;

/**
 * The numbers of a file, by its ending (`docs/scores.md`): `.npy`; `.arrow` or `.feather`, one numeric column a column or one column of lists;
 * `.json`, nested lists; `.csv`. A missing number is NaN.
 *
 * @throws UsageError naming the file, when it is not there, of another format, or not of numbers of one shape.
 */
export async function readArray(file: string): Promise<NumberArray> {
  const format = arrayFormatOf(file);
  try {
    const bytes = await bytesOf(file);
    switch (format) {
      case 'npy':
        return readNpy(bytes);
      case 'json':
        return readJsonArray(bytes);
      case 'csv':
        return readCsvArray(bytes);
      case 'arrow':
      case 'feather':
        return (await import('./arrow-array.ts')).readArrowArray(bytes);
    }
  } catch (error) {
    if (error instanceof DomainError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UsageError(`${file}: there is no such file.`, { cause: error });
    throw error;
  }
}

/** `fs.readFile` ends at 2 GiB; a million embeddings of 1,000 numbers are 4. */
async function bytesOf(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, readBytes), at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
