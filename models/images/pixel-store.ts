import { hash } from 'node:crypto';
import { readvSync } from 'node:fs';
import type { ImageShape } from './decode-image.ts';
import { dropSegments } from './drop-segments.ts';
import { OpenSegments } from './open-segments.ts';
import { SegmentCatalogue, type Found } from './segment-catalogue.ts';
import { mostTailBytes, readTail, type StoredImage } from './segment-layout.ts';
import type { SegmentFolder } from './segment-writer.ts';
import type { SharedBuffers } from './shared-buffers.ts';

/** Changes with whatever changes decoded pixels. */
const decoderVersion = 3;
/** A share of the limit that may be written before the store looks for what to drop. */
const slack = 1 / 16;
/** A segment's share of the limit; places in it are 32 bits. */
const segmentShare = 1 / 64;
const mostSegmentBytes = 2 ** 30;

/**
 * Decoded pixels by image and shape, so that later cycles need not decode. Threads append them to segments, each to its own ({@link SegmentWriter}), and the main
 * thread reads. It may be lost at any time, in whole or in part, and several workers may share the folder: what is not whole, or is gone, counts as absent.
 * An image takes 32 to 48 bytes of memory (`segment-table.ts`).
 */
export class PixelStore {
  /** What threads write with. */
  readonly folder: SegmentFolder;
  readonly #maxBytes: number;
  readonly #lookEveryMs: number;
  readonly #catalogue: SegmentCatalogue;
  readonly #open: OpenSegments;
  readonly #tail = Buffer.alloc(mostTailBytes);
  #nextLookMs = 0;
  #writtenBytes = Infinity;
  #isDropping = false;

  /**
   * @param maxBytes - What the folder may hold; the oldest segments go first. It may be more by a sixteenth, a worker.
   * @param lookEveryMs - How long what threads and other workers have written may stay unseen; a second by default.
   */
  constructor({
    dir,
    maxBytes,
    lookEveryMs = 1000,
  }: {
    dir: string;
    maxBytes: number;
    lookEveryMs?: number;
  }) {
    this.folder = { dir, segmentBytes: Math.min(maxBytes * segmentShare, mostSegmentBytes) };
    this.#maxBytes = maxBytes;
    this.#lookEveryMs = lookEveryMs;
    this.#catalogue = new SegmentCatalogue(dir);
    this.#open = new OpenSegments(dir);
  }

  /** The key that an image's pixels are written under. Whoever asks is about to write them. */
  keyToWrite(name: string, shape: ImageShape): string {
    this.#writtenBytes += pixelBytes(shape);
    if (this.#writtenBytes > this.#maxBytes * slack) this.#drop();
    return keyOf(name, shape);
  }

  /**
   * Null when nothing whole is there. On the calling thread: it takes some 0.03 ms, and asking other threads for it takes five times that.
   *
   * @param buffers - Where it is read into, and to be given back to.
   */
  read(name: string, shape: ImageShape, buffers: SharedBuffers): StoredImage | null {
    this.#lookSometimes();
    const key = keyOf(name, shape);
    const found = this.#catalogue.find(key);
    if (!found) return null;
    const pixels = buffers.take(pixelBytes(shape));
    const image = this.#readImage(found, key, pixels);
    if (!image) buffers.giveBack(pixels);
    return image;
  }

  #readImage({ id, at }: Found, key: string, pixels: Uint8Array): StoredImage | null {
    try {
      const read = readvSync(this.#open.handle(id), [pixels, this.#tail], at);
      return readTail(this.#tail.subarray(0, Math.max(0, read - pixels.length)), key, pixels);
    } catch {
      return null; // Another worker has dropped the segment.
    }
  }

  #lookSometimes(): void {
    if (performance.now() < this.#nextLookMs) return;
    this.#catalogue.look();
    this.#open.closeUnless((id) => this.#catalogue.has(id));
    this.#nextLookMs = performance.now() + this.#lookEveryMs;
  }

  #drop(): void {
    this.#writtenBytes = 0;
    if (this.#isDropping) return;
    this.#isDropping = true;
    void dropSegments(this.folder.dir, this.#maxBytes)
      .catch(() => undefined) // Another worker drops as well.
      .finally(() => (this.#isDropping = false));
  }
}

function keyOf(name: string, shape: ImageShape): string {
  const { width, height, channels, resize, padValue, interpolation = 'area' } = shape;
  const made = [decoderVersion, name, width, height, channels, resize, padValue, interpolation];
  return hash('sha256', JSON.stringify(made)).slice(0, 32);
}

function pixelBytes({ width, height, channels }: ImageShape): number {
  return width * height * channels;
}
