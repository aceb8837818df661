import type { Worker } from 'node:worker_threads';
import { DomainError, ModelCrashedError } from '../../core/errors.ts';
import type { Classified, Detected, EncodedImage, KeptImage, Unreadable } from '../../core/ports.ts';
import { readModelFolder, type ModelCard } from '../card.ts';
import type { ImageShape } from '../images/decode-image.ts';
import type { PixelStore } from '../images/pixel-store.ts';
import { startThread } from '../node-entry.ts';
import { withRewritten } from '../rewrites/with-rewritten.ts';
import { imageShape } from './image-shape.ts';
import type { InferDevice } from './infer-devices.ts';
import { SharedBuffers } from '../images/shared-buffers.ts';
import { rowsPerRun } from './rows-per-run.ts';
import { receivedAnswers } from './sent-answers.ts';
import type { Answer, FromThread, SentItem, ToThread } from './thread-messages.ts';

export interface InferencePoolOptions {
  readonly modelDir: string;
  /** Worker threads with one session each; 2 by default. */
  readonly threads?: number;
  /** What the sessions compute on; the processor by default. */
  readonly device?: InferDevice | undefined;
  /** Keeps decoded images; absent: none are kept. */
  readonly store?: PixelStore | undefined;
  /** Where buffers of images that are handed over come from and go back to. */
  readonly buffers?: SharedBuffers;
}

/** Images that travel to a thread together, and what their pixels may take. */
const mostBatchImages = 8;
const batchBytes = 2_500_000;
/** Batches given to a thread at a time: one it works on, one that waits. The rest stays with the caller. */
const batchesPerThread = 2;

type Image = EncodedImage | KeptImage;

interface AnswerOptions {
  readonly signal?: AbortSignal | undefined;
}

interface Batch {
  readonly items: readonly Image[];
  readonly resolve: (results: readonly Answer[]) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly running: Map<number, Batch>;
}

/**
 * A model folder, loaded in worker threads. The main thread never runs the model, so its heartbeats and timers go on.
 *
 * Close it before the process exits: a thread that is ended inside the model takes the whole process along.
 */
export class InferencePool {
  readonly card: ModelCard;
  readonly #threads: Thread[] = [];
  readonly #waiting: Batch[] = [];
  #nextBatch = 0;
  #ended: Error | undefined;
  #closing: Promise<void> | undefined;

  readonly #store: PixelStore | undefined;
  readonly #shape: ImageShape;
  readonly #buffers: SharedBuffers;
  readonly #batchImages: number;

  private constructor(card: ModelCard, store: PixelStore | undefined, buffers: SharedBuffers) {
    this.card = card;
    this.#store = store;
    this.#buffers = buffers;
    this.#shape = imageShape(card);
    const { width, height, channels } = this.#shape;
    const affordable = Math.floor(batchBytes / (width * height * channels));
    this.#batchImages = Math.max(rowsPerRun(card), Math.min(mostBatchImages, affordable));
  }

  /** @throws DomainError when the folder is broken, or its card names a kind of model that the runner cannot read. */
  static async open(options: InferencePoolOptions): Promise<InferencePool> {
    const { modelDir, threads = 2, device, store, buffers = new SharedBuffers() } = options;
    const { card } = await readModelFolder(modelDir);
    const pool = new InferencePool(card, store, buffers);
    const addThreads = async (modelFile: string | null): Promise<void> => {
      // One after the other: a thread that dies while its neighbour loads a model would take the process along.
      for (let count = 0; count < threads; count++)
        await pool.#addThread({ modelDir, modelFile, device, room: buffers.room, keepIn: store?.folder });
    };
    try {
      await (device === undefined || device === 'cpu'
        ? withRewritten(modelDir, addThreads)
        : addThreads(null));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Images that give each thread one batch. */
  get imagesAtOnce(): number {
    return this.#batchImages * this.#threads.length;
  }

  /** Why the pool answers no more, once a thread of it has died or it was closed. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  /**
   * Classifies encoded images, same order as the items. An image that cannot be decoded is an answer, not an error.
   *
   * @throws DomainError when the model is no classifier; `signal.reason` after an abort; ModelCrashedError when a thread died; Error when the
   * pool was closed.
   */
  async classify(items: readonly Image[], options: AnswerOptions = {}): Promise<(Classified | Unreadable)[]> {
    if (!this.card.output.kind.startsWith('class-'))
      throw new DomainError(
        `The model finds objects (${this.card.output.kind}); it names no class of an image.`,
      );
    return (await this.#answer(items, options)) as (Classified | Unreadable)[];
  }

  /** Finds objects, in the same way. @throws DomainError when the model is a classifier; else as {@link InferencePool.classify}. */
  async detect(items: readonly Image[], options: AnswerOptions = {}): Promise<(Detected | Unreadable)[]> {
    if (this.card.output.kind.startsWith('class-'))
      throw new DomainError(`The model classifies (${this.card.output.kind}); it finds no objects.`);
    return (await this.#answer(items, options)) as (Detected | Unreadable)[];
  }

  async #answer(items: readonly Image[], { signal }: AnswerOptions): Promise<Answer[]> {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const batches: Batch[] = [];
    const results: Promise<readonly Answer[]>[] = [];
    for (let start = 0; start < items.length; start += this.#batchImages)
      results.push(
        new Promise((resolve, reject) => {
          batches.push({ items: items.slice(start, start + this.#batchImages), resolve, reject });
        }),
      );
    this.#waiting.push(...batches);
    this.#dispatch();
    const onAbort = (): void => this.#withdraw(batches, signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return (await Promise.all(results)).flat();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#withdraw(batches, new Error('another batch of the same call failed'));
    }
  }

  /** The pixels that were kept under a name for this model's input, if they are still there; of a pool that is closed, too. */
  recall(name: string): Omit<KeptImage, 'id'> | null {
    return this.#store?.read(name, this.#shape, this.#buffers) ?? null;
  }

  /** Lets each thread finish its batch and ends it; what still waits is refused. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#fail(new Error('The inference pool is closed.'));
    await Promise.all(
      this.#threads.map(async ({ worker }) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        if (worker.threadId === -1) return;
        worker.postMessage({ kind: 'close' } satisfies ToThread);
        await ended;
      }),
    );
  }

  #addThread(workerData: Readonly<Record<string, unknown>>): Promise<void> {
    const worker = startThread(import.meta.url, 'inference-thread', workerData);
    const thread: Thread = { worker, running: new Map() };
    this.#threads.push(thread);
    return new Promise((resolve, reject) => {
      const died = (reason: string): void => {
        const error = new ModelCrashedError(`An inference thread ended by itself: ${reason}`);
        reject(error);
        this.#fail(error);
      };
      worker.on('error', (error) => died(error.message));
      worker.on('exit', (code) => died(`exit code ${code}`));
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'result')
          this.#settle(thread, message.batch, ({ resolve: answer }) =>
            answer(receivedAnswers(message.results)),
          );
        else if (message.batch === null)
          reject(new DomainError(`The model cannot be loaded: ${message.message}`));
        else
          this.#settle(thread, message.batch, ({ reject: refuse }) =>
            refuse(new DomainError(`The model failed: ${message.message}`)),
          );
      });
    });
  }

  #dispatch(): void {
    for (;;) {
      const thread = this.#leastBusy();
      const batch = thread && this.#waiting.shift();
      if (!batch) return;
      const number = this.#nextBatch++;
      thread.running.set(number, batch);
      const items = batch.items.map((image) => this.#itemOf(image));
      const message: ToThread = { kind: 'batch', batch: number, items };
      thread.worker.postMessage(message, movable(batch.items));
    }
  }

  #itemOf(image: Image): SentItem {
    if ('pixels' in image) return { ...image, pixels: this.#buffers.placeOf(image.pixels) ?? image.pixels };
    const { id, embed = false, maskTerms = false, keepAs } = image;
    const bytes = this.#buffers.placeOf(image.bytes) ?? image.bytes;
    const item = { id, bytes, embed, maskTerms };
    if (!keepAs || !this.#store) return item;
    const key = this.#store.keyToWrite(keepAs.name, this.#shape);
    return { ...item, keepAs: { key, version: keepAs.version } };
  }

  #leastBusy(): Thread | undefined {
    const free = this.#threads.filter(({ running }) => running.size < batchesPerThread);
    return free.sort((a, b) => a.running.size - b.running.size)[0];
  }

  #settle(thread: Thread, number: number, answer: (batch: Batch) => void): void {
    const batch = thread.running.get(number);
    thread.running.delete(number);
    for (const image of batch?.items ?? [])
      if ('pixels' in image) this.#buffers.giveBack(image.pixels);
      else if (image.handedOver) this.#buffers.giveBack(image.bytes);
    if (batch) answer(batch);
    this.#dispatch();
  }

  /** Takes back what no thread has begun, and refuses all of it; a promise that is settled stays as it is. */
  #withdraw(batches: readonly Batch[], reason: Error): void {
    for (const batch of batches) {
      const place = this.#waiting.indexOf(batch);
      if (place >= 0) this.#waiting.splice(place, 1);
      batch.reject(reason);
    }
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const batch of this.#waiting.splice(0)) batch.reject(error);
    for (const { running } of this.#threads) {
      for (const batch of running.values()) batch.reject(error);
      running.clear();
    }
  }
}

/** Buffers that may leave this thread: given away, and holding one image alone. */
function movable(images: readonly Image[]): ArrayBuffer[] {
  return images.flatMap((image) => {
    const { buffer, byteLength } = 'pixels' in image ? image.pixels : image.bytes;
    const isOurs = 'pixels' in image || (image.handedOver === true && byteLength === buffer.byteLength);
    return isOurs && buffer instanceof ArrayBuffer ? [buffer] : [];
  });
}
