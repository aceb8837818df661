import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, rmSync, writevSync } from 'node:fs';
import {
  aligned,
  entryBytes,
  segmentFiles,
  writtenEntry,
  writtenTail,
  type StoredImage,
} from './segment-layout.ts';

export interface SegmentFolder {
  readonly dir: string;
  /** A segment that has as much is followed by a new one. */
  readonly segmentBytes: number;
}

interface OpenSegment {
  /** Handles. */
  readonly pixels: number;
  readonly index: number;
  end: number;
  entries: number;
}

/**
 * Appends decoded images to segments of its own, on the calling thread. A file an image would cost ten times as much CPU: it is making files that takes long.
 */
export class SegmentWriter {
  readonly #folder: SegmentFolder;
  #open: OpenSegment | null = null;

  constructor(folder: SegmentFolder) {
    this.#folder = folder;
  }

  /** A full disk, or a folder that cannot be written, costs the entry and nothing else; the next image is written to the same place. */
  append(key: string, image: StoredImage): void {
    try {
      const segment = this.#segment();
      const at = segment.end;
      const tail = writtenTail(key, image);
      writeWhole(segment.pixels, [image.pixels, tail], at);
      writeWhole(segment.index, [writtenEntry(key, at, Date.now())], segment.entries * entryBytes);
      segment.end = aligned(at + image.pixels.length + tail.length);
      segment.entries += 1;
    } catch {
      // The image is answered all the same.
    }
  }

  close(): void {
    if (this.#open) closeBoth(this.#open);
    this.#open = null;
  }

  #segment(): OpenSegment {
    const open = this.#open;
    if (open && open.end < this.#folder.segmentBytes && isThere(open)) return open;
    this.close();
    this.#open = openSegment(this.#folder.dir);
    return this.#open;
  }
}

/** Whoever shares the folder may have dropped the segment, after which nobody would find what is written to it. */
function isThere({ pixels }: OpenSegment): boolean {
  return fstatSync(pixels).nlink > 0;
}

function openSegment(dir: string): OpenSegment {
  mkdirSync(dir, { recursive: true });
  const files = segmentFiles(dir, randomUUID());
  const pixels = openSync(files.pixels, 'wx');
  try {
    return { pixels, index: openSync(files.index, 'wx'), end: 0, entries: 0 };
  } catch (error) {
    closeSync(pixels);
    rmSync(files.pixels, { force: true });
    throw error;
  }
}

function closeBoth({ pixels, index }: OpenSegment): void {
  closeSync(pixels);
  closeSync(index);
}

function writeWhole(handle: number, parts: readonly Uint8Array[], at: number): void {
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  if (writevSync(handle, parts, at) < bytes) throw new Error('the disk is full');
}
