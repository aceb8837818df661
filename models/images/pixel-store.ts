import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readvSync, renameSync, writevSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SharedBuffers } from './shared-buffers.ts';
import type { ImageShape, SizedImage } from './decode-image.ts';

export interface StoredImage extends SizedImage {
  /** Of the file that it was decoded from. */
  readonly version: string;
}

/** Changes with whatever changes decoded pixels. */
const decoderVersion = 2;
/** A file is a head of 4 numbers, the pixels and the version, in this order: what lies at a multiple of 8 is copied ten times as fast. */
const headBytes = 16;
/** A version is an ETag; pixels of an image with a longer one are not found again. */
const mostVersionBytes = 512;
/** A share of the limit that may be written before the store looks for what to drop. */
const slack = 1 / 16;

/**
 * Decoded pixels by image and shape, a flat file each, so that later cycles need not decode. It may be lost at any time, and several workers may
 * share the folder: a file is written aside and renamed, so one that is there is whole; one of another length counts as absent.
 */
export class PixelStore {
  readonly #dir: string;
  readonly #maxBytes: number;
  #writtenBytes = Infinity;
  #isPruning = false;

  /** @param maxBytes - What the folder may hold; the oldest files go first. It may be more by a sixteenth, a worker. */
  constructor({ dir, maxBytes }: { dir: string; maxBytes: number }) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** The file for an image's pixels. Whoever asks is about to write it. */
  place(name: string, shape: ImageShape): string {
    this.#writtenBytes += pixelBytes(shape);
    if (this.#writtenBytes > this.#maxBytes * slack) this.#prune();
    return this.#file(name, shape);
  }

  /**
   * Null when nothing whole is there. On the calling thread: it takes some 0.03 ms, and asking other threads for it takes five times that.
   *
   * @param buffers - Where it is read into, and to be given back to.
   */
  read(name: string, shape: ImageShape, buffers: SharedBuffers): StoredImage | null {
    const file = this.#file(name, shape);
    if (!existsSync(file)) return null; // An error for each image of a first cycle would cost three times as much.
    const pixels = buffers.take(pixelBytes(shape));
    const image = readImage(file, pixels);
    if (!image) buffers.giveBack(pixels);
    return image;
  }

  #file(name: string, shape: ImageShape): string {
    const { width, height, channels, resize, padValue, interpolation = 'area' } = shape;
    const made = [decoderVersion, name, width, height, channels, resize, padValue, interpolation];
    const key = createHash('sha256').update(JSON.stringify(made)).digest('hex');
    return join(this.#dir, key.slice(0, 2), key.slice(2));
  }

  #prune(): void {
    this.#writtenBytes = 0;
    if (this.#isPruning) return;
    this.#isPruning = true;
    void dropOldest(this.#dir, this.#maxBytes)
      .catch(() => undefined) // Another worker drops as well.
      .finally(() => (this.#isPruning = false));
  }
}

/** Writes what {@link PixelStore.read} reads, on the calling thread. A full disk costs the file, not the image. */
export function storePixels(file: string, { pixels, widthPx, heightPx, version }: StoredImage): void {
  const said = Buffer.from(version);
  const head = Buffer.from(Uint32Array.of(widthPx, heightPx, said.length, 0).buffer);
  const aside = `${file}.${randomUUID()}`;
  try {
    writeParts(aside, [head, pixels, said]);
    renameSync(aside, file);
  } catch {
    rm(aside, { force: true }).catch(() => undefined);
  }
}

/** Makes the folder when it is not there, which is seldom. */
function writeParts(file: string, parts: readonly Uint8Array[]): void {
  const handle = openOrMake(file);
  try {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (writevSync(handle, parts) < bytes) throw new Error('the disk is full');
  } finally {
    closeSync(handle);
  }
}

function openOrMake(file: string): number {
  try {
    return openSync(file, 'w');
  } catch {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, 'w');
  }
}

const head = new Uint32Array(headBytes / 4);
const said = Buffer.alloc(mostVersionBytes);

function readImage(file: string, pixels: Uint8Array): StoredImage | null {
  const length = readParts(file, [head, pixels, said]);
  const [widthPx = 0, heightPx = 0, versionBytes = 0] = head;
  if (length < headBytes || length !== headBytes + pixels.length + versionBytes) return null;
  return { version: said.toString('utf8', 0, versionBytes), widthPx, heightPx, pixels };
}

/** Answers how much was there. */
function readParts(file: string, parts: readonly NodeJS.ArrayBufferView[]): number {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    return readvSync(handle, parts, 0);
  } catch {
    return 0;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function pixelBytes({ width, height, channels }: ImageShape): number {
  return width * height * channels;
}

async function dropOldest(dir: string, maxBytes: number): Promise<void> {
  const files: { file: string; size: number; writtenMs: number }[] = [];
  for (const folder of await readdir(dir))
    for (const name of await readdir(join(dir, folder))) {
      const file = join(dir, folder, name);
      const info = await stat(file).catch(() => null);
      if (info) files.push({ file, size: info.size, writtenMs: info.mtimeMs });
    }
  files.sort((one, other) => one.writtenMs - other.writtenMs);
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files) {
    if (bytes <= maxBytes) return;
    await rm(file, { force: true });
    bytes -= size;
  }
}
