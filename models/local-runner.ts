import type { LoadedModel, ModelRunner } from '../core/ports.ts';
import { thumbnailSide } from '../core/thumbnail-side.ts';
import { decodeImage } from './images/decode-image.ts';
import type { PixelStore } from './images/pixel-store.ts';
import type { InferDevice } from './runner/infer-devices.ts';
import { thumbnailOf } from './images/thumbnail-of.ts';
import { pixelEmbeddingName } from './images/pixel-embedding.ts';
import { InferencePool } from './runner/inference-pool.ts';
import { SharedBuffers } from './images/shared-buffers.ts';

interface Slot {
  readonly pool: Promise<InferencePool>;
  /** The pool once it is open, to see whether it has died. */
  opened?: InferencePool;
  /** Calls under way; a slot in use is not closed. */
  users: number;
}

/**
 * Loads model folders into inference pools on this machine. One stays open beside those at work: each takes a hundred megabytes a thread, and
 * the loop goes from one to the next. A model that was closed to make room, or whose thread died, is opened again when it is asked next.
 */
export class LocalModelRunner implements ModelRunner {
  readonly #threads: number;
  readonly #device: InferDevice | undefined;
  readonly #store: PixelStore | undefined;
  /** By folder; least recently used first. */
  readonly #slots = new Map<string, Slot>();
  readonly #closing = new Set<Promise<void>>();
  readonly #buffers = new SharedBuffers();
  #closed = false;

  /** @param store - Keeps decoded images for later cycles; absent: none are kept. */
  constructor({ threads, device, store }: { threads: number; device?: InferDevice; store?: PixelStore }) {
    this.#threads = threads;
    this.#device = device;
    this.#store = store;
  }

  async load(modelDir: string): Promise<LoadedModel> {
    const loaded = await this.#use(modelDir, (pool) => Promise.resolve(pool));
    const { classes, output } = loaded.card;
    const room = (bytes: number) => this.#buffers.take(bytes);
    return {
      classes,
      predictsLoss: output.predicted_loss !== undefined,
      multiLabel: output.multi_label ?? false,
      imagesAtOnce: loaded.imagesAtOnce,
      embeddedBy: output.embedding === undefined ? pixelEmbeddingName : 'model',
      classify: (items, signal) => this.#use(modelDir, (pool) => pool.classify(items, { signal })),
      detect: (items, signal) => this.#use(modelDir, (pool) => pool.detect(items, { signal })),
      recall: (name) => loaded.recall(name),
      room,
    };
  }

  async thumbnail(bytes: Uint8Array): Promise<Uint8Array | null> {
    const side = thumbnailSide;
    const shape = { width: side, height: side, channels: 3, resize: 'stretch', padValue: 0 } as const;
    const pixels = await decodeImage(bytes, shape).catch(() => null);
    return pixels && thumbnailOf(pixels, shape, { left: 0, top: 0, width: side, height: side });
  }

  /** Closes every model; calls under way are refused. A process must not exit before it is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const modelDir of [...this.#slots.keys()]) this.#drop(modelDir);
    await Promise.all(this.#closing);
  }

  async #use<T>(modelDir: string, work: (pool: InferencePool) => Promise<T>): Promise<T> {
    const slot = this.#slot(modelDir);
    slot.users += 1;
    try {
      return await work(await slot.pool);
    } finally {
      slot.users -= 1;
      this.#makeRoom();
    }
  }

  #slot(modelDir: string): Slot {
    if (this.#closed) throw new Error('The model runner is closed.');
    const known = this.#slots.get(modelDir);
    if (known && !known.opened?.ended) {
      this.#slots.delete(modelDir);
      this.#slots.set(modelDir, known);
      return known;
    }
    if (known) this.#drop(modelDir);
    for (const [other, { users }] of [...this.#slots]) if (users === 0) this.#drop(other);
    const slot: Slot = { pool: this.#open(modelDir), users: 0 };
    this.#slots.set(modelDir, slot);
    slot.pool.then(
      (pool) => {
        slot.opened = pool;
      },
      () => {
        if (this.#slots.get(modelDir) === slot) this.#slots.delete(modelDir);
      },
    );
    return slot;
  }

  /** When those that are closing are gone, and their memory with them. */
  async #open(modelDir: string): Promise<InferencePool> {
    await Promise.all(this.#closing);
    return InferencePool.open({
      modelDir,
      threads: this.#threads,
      device: this.#device,
      store: this.#store,
      buffers: this.#buffers,
    });
  }

  #makeRoom(): void {
    for (const [modelDir, { users }] of [...this.#slots])
      if (users === 0 && this.#slots.size > 1) this.#drop(modelDir);
  }

  #drop(modelDir: string): void {
    const slot = this.#slots.get(modelDir);
    if (!slot) return;
    this.#slots.delete(modelDir);
    const closing = slot.pool
      .then((pool) => pool.close())
      .catch(() => undefined)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
