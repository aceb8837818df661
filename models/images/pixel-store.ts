import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageShape, SizedImage } from './decode-image.ts';

export interface StoredImage extends SizedImage {
  /** Of the file that it was decoded from. */
  readonly version: string;
}

/** Changes with whatever changes decoded pixels. */
const decoderVersion = 1;
/** At each end of the pixels' file: a head of 4 numbers, and the version after it. */
const headBytes = 16;
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

  /** Null when nothing whole is there. */
  async read(name: string, shape: ImageShape): Promise<StoredImage | null> {
    const file = await readFile(this.#file(name, shape)).catch(() => null);
    if (!file || file.length < headBytes) return null;
    const head = new Uint32Array(file.buffer, file.byteOffset, 4);
    const [widthPx = 0, heightPx = 0, versionBytes = 0] = head;
    const at = headBytes + versionBytes;
    if (file.length !== at + pixelBytes(shape)) return null;
    const version = file.toString('utf8', headBytes, at);
    return { version, widthPx, heightPx, pixels: new Uint8Array(file.buffer, file.byteOffset + at) };
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
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, Buffer.concat([head, said, pixels]));
    renameSync(aside, file);
  } catch {
    rm(aside, { force: true }).catch(() => undefined);
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
