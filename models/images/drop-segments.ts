import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { allSegments, segmentFiles } from './segment-layout.ts';

/** Folders in which earlier versions kept a file an image. */
const oldFolder = /^[0-9a-f]{2}$/;

/** Drops the segments that were written longest ago until the others take no more than so much, and what earlier versions left. */
export async function dropSegments(dir: string, maxBytes: number): Promise<void> {
  const names = await readdir(dir);
  for (const name of names.filter((one) => oldFolder.test(one)))
    await rm(join(dir, name), { recursive: true, force: true });
  const segments = await Promise.all([...allSegments(names)].map((id) => sizeAndTime(dir, id)));
  segments.sort((one, other) => one.writtenMs - other.writtenMs);
  let bytes = segments.reduce((sum, one) => sum + one.bytes, 0);
  for (const segment of segments) {
    if (bytes <= maxBytes) return;
    // Its writer, if it has one, sees by the pixels that it is gone.
    await rm(segment.pixels, { force: true });
    await rm(segment.index, { force: true });
    bytes -= segment.bytes;
  }
}

/** Of an index without pixels, the beginning of time. */
async function sizeAndTime(dir: string, id: string) {
  const { pixels, index } = segmentFiles(dir, id);
  const [written, told] = await Promise.all([pixels, index].map((file) => stat(file).catch(() => null)));
  const bytes = (written?.size ?? 0) + (told?.size ?? 0);
  return { pixels, index, bytes, writtenMs: written?.mtimeMs ?? 0 };
}
