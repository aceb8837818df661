import { extname } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** Endings of the files that hold an array of numbers. */
const arrayFormats = ['npy', 'json', 'csv', 'arrow', 'feather'] as const;
export type ArrayFormat = (typeof arrayFormats)[number];

/** @throws UsageError naming the file, on another ending. */
export function arrayFormatOf(file: string): ArrayFormat {
  const ending = extname(file).slice(1).toLowerCase();
  const format = arrayFormats.find((name) => name === ending);
  if (format) return format;
  throw new UsageError(
    `${file}: its ending is none of ${arrayFormats.map((name) => `.${name}`).join(', ')}.`,
  );
}
