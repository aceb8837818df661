import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../process/replace-file.ts';

const hashBytes = 32;

/**
 * Embeddings that were computed before, by the content of their images: one file a backbone, of records of a SHA-256 and the numbers. It is
 * replaced whole and may be lost at any time; one of another length counts as absent.
 */
export class EmbeddingStore {
  readonly #dir: string;
  readonly #file: string;
  readonly #rows: Map<string, Float32Array>;
  /** Those that this training has asked for or made: the others are not kept. */
  readonly #used = new Map<string, Float32Array>();
  #unsaved = 0;

  private constructor(dir: string, file: string, rows: Map<string, Float32Array>) {
    this.#dir = dir;
    this.#file = file;
    this.#rows = rows;
  }

  /**
   * @param key - Of the backbone.
   * @param size - Numbers in an embedding.
   */
  static async open(dir: string, key: string, size: number): Promise<EmbeddingStore> {
    const file = `embeddings-${key}.bin`;
    const bytes = await readFile(join(dir, file)).catch(() => Buffer.alloc(0));
    return new EmbeddingStore(dir, file, rowsIn(bytes, size));
  }

  get(image: Uint8Array): Float32Array | null {
    const hash = sha256(image);
    const row = this.#rows.get(hash) ?? null;
    if (row) this.#used.set(hash, row);
    return row;
  }

  /** Saves by itself whenever there are twice as many: a training that is killed loses half of its work at most, and writes it twice. */
  async add(image: Uint8Array, row: Float32Array): Promise<void> {
    const hash = sha256(image);
    this.#rows.set(hash, row);
    this.#used.set(hash, row);
    this.#unsaved += 1;
    if (this.#unsaved >= 64 && 2 * this.#unsaved >= this.#rows.size) await this.#save(this.#rows);
  }

  /** Keeps what was used, and of this backbone alone: a loop has one at a time. */
  async close(): Promise<void> {
    if (this.#unsaved > 0) await this.#save(this.#used);
    for (const name of await readdir(this.#dir).catch(() => []))
      if (name.startsWith('embeddings-') && name !== this.#file)
        await rm(join(this.#dir, name), { force: true });
  }

  /** A full disk costs the file, not the training. */
  async #save(rows: ReadonlyMap<string, Float32Array>): Promise<void> {
    this.#unsaved = 0;
    const records = [...rows].flatMap(([hash, row]) => [
      Buffer.from(hash, 'hex'),
      Buffer.from(row.buffer, row.byteOffset, row.byteLength),
    ]);
    try {
      await mkdir(this.#dir, { recursive: true });
      await replaceFile(join(this.#dir, this.#file), Buffer.concat(records));
    } catch {
      await rm(join(this.#dir, `${this.#file}.tmp`), { force: true }).catch(() => undefined);
    }
  }
}

function rowsIn(bytes: Buffer, size: number): Map<string, Float32Array> {
  const recordBytes = hashBytes + 4 * size;
  if (bytes.length % recordBytes !== 0) return new Map();
  return new Map(
    Array.from({ length: bytes.length / recordBytes }, (_, index) => {
      const record = bytes.subarray(index * recordBytes, (index + 1) * recordBytes);
      const row = new Float32Array(Uint8Array.from(record.subarray(hashBytes)).buffer);
      return [record.toString('hex', 0, hashBytes), row];
    }),
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
