import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Database } from './database.ts';
import { EngineError } from './engine-error.ts';

const unzip = promisify(gunzip);
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
  const bytes = await unzip(gzipped, { maxOutputLength: maxBlobBytes }).catch((cause: unknown) => {
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
