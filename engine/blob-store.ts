import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import type { Database } from './database.ts';
import { EngineError } from './engine-error.ts';

const unzipAside = promisify(gunzip);
/** Up to here another thread costs more than the work. */
const smallBytes = 64 * 1024;
const maxBlobBytes = 256 * 1024 * 1024;

/** A BLOB as it arrived, and the name of its content. */
export interface Blob {
  /** SHA-256 of the unzipped bytes, in hex. */
  readonly hash: string;
  readonly gzipped: Uint8Array;
}

/** Reads a BLOB value, base64(gzip(bytes)). */
export async function readBlob(text: string, what: string): Promise<Blob> {
  const gzipped = Buffer.from(text, 'base64');
  const bytes = await unzip(gzipped).catch((cause: unknown) => {
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new EngineError(
      tooLarge
        ? `${what}: the BLOB is larger than ${maxBlobBytes} bytes.`
        : `${what}: a BLOB value is base64 of gzipped bytes, and this is not.`,
      { cause },
    );
  });
  return { hash: createHash('sha256').update(bytes).digest('hex'), gzipped };
}

/** Blobs by the hash of their content; zipped, beside the metadata, so that one transaction holds both. */
export class BlobStore {
  private readonly database: Database;
  constructor(database: Database) {
    this.database = database;
  }

  put(blob: Blob): void {
    this.database.run(
      'INSERT INTO blob (hash, gzipped) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      blob.hash,
      blob.gzipped,
    );
  }

  async get(hash: string): Promise<Uint8Array | null> {
    const gzipped = this.database.rows('SELECT gzipped FROM blob WHERE hash = ?', hash)[0]?.[0];
    return gzipped instanceof Uint8Array ? unzip(gzipped) : null;
  }
}

async function unzip(gzipped: Uint8Array): Promise<Uint8Array> {
  const claimed =
    gzipped.length < 18
      ? 0
      : Buffer.from(gzipped.buffer, gzipped.byteOffset).readUInt32LE(gzipped.length - 4);
  if (gzipped.length <= smallBytes && claimed <= smallBytes) {
    try {
      return gunzipSync(gzipped, { chunkSize: Math.max(claimed + 1, 64), maxOutputLength: smallBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    }
  }
  return unzipAside(gzipped, { maxOutputLength: maxBlobBytes });
}
