import { writeFile } from 'node:fs/promises';
import { writeNpy } from '../../core/formats/npy.ts';
import type { NumberArray } from '../../core/number-array.ts';
import { arrayFormatOf, type ArrayFormat } from './array-formats.ts';
import { csvOfArray } from './csv-array.ts';
import { jsonOfArray } from './json-array.ts';

/**
 * Writes an array by the file's ending, as {@link readArray} reads it. Ids and column names go along where the format has a place for them: all
 * but `.npy`. NaN is `null` in JSON and an empty cell in CSV.
 *
 * @throws UsageError on another ending.
 */
export async function writeArray(file: string, array: NumberArray): Promise<void> {
  await writeFile(file, await encodeArray(arrayFormatOf(file), array));
}

async function encodeArray(format: ArrayFormat, array: NumberArray) {
  switch (format) {
    case 'npy':
      return writeNpy(array);
    case 'json':
      return jsonOfArray(array);
    case 'csv':
      return csvOfArray(array);
    case 'arrow':
    case 'feather':
      return (await import('./arrow-array.ts')).arrowOfArray(array);
  }
}
