import { join } from 'node:path';
import { thumbnailSide } from '../../core/thumbnail-side.ts';
import type { SizedImage } from './decode-image.ts';

export interface StoredImage extends SizedImage {
  /** Of the file that it was decoded from. */
  readonly version: string;
  /** What makes near copies be found: it takes as long as reading the pixels. */
  readonly thumbnail: Uint8Array;
}

/**
 * The two files of a segment: in one, pixels of image after image, each with a tail that says whose they are; in the other, an entry for each, written after them.
 * One thread appends to them, under a name of its own, and nothing that an entry tells of is ever changed.
 */
export interface SegmentFiles {
  readonly pixels: string;
  readonly index: string;
}

/** What the index says of an image: the first half of its key, where its pixels begin, and when it was written. */
export interface SegmentEntry {
  readonly first: number;
  readonly second: number;
  readonly at: number;
  readonly writtenMs: number;
}

export const entryBytes = 32;
const keyBytes = 16;
const words = 5;
const thumbnailAt = keyBytes + words * 4;
const tailBytes = thumbnailAt + thumbnailSide ** 2;
const sampledBytes = 64;
/** A version is an ETag; pixels of an image with a longer one are not kept. */
const mostVersionBytes = 512;
/** An image's longest tail. */
export const mostTailBytes = tailBytes + mostVersionBytes;
/** Pixels begin at multiples of it, as buffers do: what lies alike in file and memory is copied twice as fast. */
const alignment = 64;
const indexName = /^([0-9a-f-]{36})\.index$/;
const pixelsName = /^([0-9a-f-]{36})\.pixels$/;

export function segmentFiles(dir: string, id: string): SegmentFiles {
  return { pixels: join(dir, `${id}.pixels`), index: join(dir, `${id}.index`) };
}

/** Those of which there is an index. */
export function indexedSegments(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => indexName.exec(name)?.[1] ?? []));
}

/** Those of which there is a file of pixels, an index or both. */
export function allSegments(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => (indexName.exec(name) ?? pixelsName.exec(name))?.[1] ?? []));
}

/** Where the next pixels go. */
export function aligned(end: number): number {
  return Math.ceil(end / alignment) * alignment;
}

/** @param key - 32 hexadecimal digits. */
export function writtenEntry(key: string, at: number, writtenMs: number): Buffer {
  const entry = Buffer.alloc(entryBytes);
  entry.write(key, 'hex');
  entry.writeDoubleLE(writtenMs, 16);
  entry.writeUInt32LE(at, 24);
  return entry;
}

export function readEntry(entries: Buffer, offset: number): SegmentEntry {
  return {
    first: entries.readUInt32LE(offset),
    second: entries.readUInt32LE(offset + 4),
    writtenMs: entries.readDoubleLE(offset + 16),
    at: entries.readUInt32LE(offset + 24),
  };
}

/** What is written behind the pixels. @throws Error when the version is too long. */
export function writtenTail(
  key: string,
  { pixels, widthPx, heightPx, version, thumbnail }: StoredImage,
): Buffer {
  const versionBytes = Buffer.byteLength(version);
  if (versionBytes > mostVersionBytes) throw new Error('the version is too long');
  const tail = Buffer.alloc(tailBytes + versionBytes);
  tail.write(key, 'hex');
  for (const [place, word] of [widthPx, heightPx, pixels.length, versionBytes, sampleSum(pixels)].entries())
    tail.writeUInt32LE(word, keyBytes + place * 4);
  tail.set(thumbnail, thumbnailAt);
  tail.write(version, tailBytes);
  return tail;
}

/** What is said of the pixels before it, unless they are another key's or not whole. @param tail - As much as was read. */
export function readTail(tail: Buffer, key: string, pixels: Uint8Array): StoredImage | null {
  if (tail.length < tailBytes || tail.toString('hex', 0, keyBytes) !== key) return null;
  const word = (place: number) => tail.readUInt32LE(keyBytes + place * 4);
  const end = tailBytes + word(3);
  if (word(2) !== pixels.length || end > tail.length || word(4) !== sampleSum(pixels)) return null;
  const thumbnail = Uint8Array.from(tail.subarray(thumbnailAt, tailBytes));
  const version = tail.toString('utf8', tailBytes, end);
  return { pixels, widthPx: word(0), heightPx: word(1), version, thumbnail };
}

/**
 * Of some pixels in each page of a disk: a machine that loses power may keep a file's end and lose pages before it, which are then read as zeros. In
 * 32 bits; 3 µs for a small input, where a sum of all bytes would take as long as reading them.
 */
function sampleSum(pixels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += sampledBytes)
    sum = (Math.imul(sum, 31) + (pixels[at] as number)) | 0;
  return sum >>> 0;
}
