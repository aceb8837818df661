import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClassRow } from '../../core/formats/class-csv.ts';
import type { Matrix } from '../../core/selection/matrix.ts';
import { UsageError } from '../usage-error.ts';

/** Each image is looked at in 8×8 pixels of grey: enough for scans of digits, little for photos. */
const side = 8;

/**
 * Images as embeddings for those who have none: the grey values of 8×8 pixels, 0..1, with a last column of 0.001 so that a black image has a direction.
 *
 * @throws UsageError naming the row of an image that is not there or cannot be decoded.
 */
export async function pixelEmbeddings(
  rows: readonly ClassRow[],
  files: { readonly labels: string; readonly images: string },
  signal: AbortSignal,
): Promise<Matrix> {
  const { decodeImage } = await import('../../models/images/decode-image.ts');
  const columns = side * side + 1;
  const values = new Float64Array(rows.length * columns).fill(0.001);
  const shape = { width: side, height: side, channels: 1, resize: 'stretch', padValue: 0 } as const;
  for (const [at, { path, source }] of rows.entries()) {
    signal.throwIfAborted();
    const refuse = (what: string, cause: unknown) =>
      new UsageError(`${source.replace(/^import\//, '')}: "${path}" ${what}.`, { cause });
    const bytes = await readFile(resolve(files.images, path)).catch((error: unknown) => {
      throw refuse(`is not in ${files.images}`, error);
    });
    const pixels = await decodeImage(bytes, shape).catch((error: unknown) => {
      throw refuse(`cannot be decoded: ${(error as Error).message}`, error);
    });
    values.set(
      Float64Array.from(pixels, (grey) => grey / 255),
      at * columns,
    );
  }
  return { values, columns };
}
