import type { Dispatcher } from 'undici';

/** Gives where bytes go, by how many they are said to be. */
export type Room = (bytes: number) => Uint8Array;

interface Head {
  readonly statusCode: number;
  readonly headers: Record<string, string | string[] | undefined>;
}

/** An answer that has ended, or that broke off behind its head: then who asks for its body is told. */
export interface Downloaded extends Head {
  readonly body: { bytes(): Promise<Uint8Array>; text(): Promise<string>; dump(): Promise<void> };
}

export interface DownloadOptions extends Omit<Dispatcher.DispatchOptions, 'origin' | 'path'> {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal | null;
}

/**
 * As undici's `request`, for an answer that is wanted whole: what a 2xx holds goes into the room as it arrives, if its head says how much that is. A
 * stream of it, with its events, would cost half as much as the request itself.
 */
export function download(
  url: URL,
  { dispatcher, signal, ...options }: DownloadOptions,
  room: Room,
): Promise<Downloaded> {
  return new Promise((resolve, reject) => {
    const target = { origin: url.origin, path: url.pathname + url.search };
    dispatcher.dispatch({ ...options, ...target }, new DownloadHandler(room, signal, { resolve, reject }));
  });
}

interface Answering {
  resolve(answer: Downloaded): void;
  reject(error: unknown): void;
}

class DownloadHandler implements Dispatcher.DispatchHandler {
  readonly #room: Room;
  readonly #signal: AbortSignal | null;
  readonly #answer: Answering;
  #controller: Dispatcher.DispatchController | undefined;
  #head: Head | undefined;
  #bytes: Uint8Array | undefined;
  /** What there is no room for. */
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  readonly #abort = (): void => this.#controller?.abort(this.#signal?.reason as Error);

  constructor(room: Room, signal: AbortSignal | null, answer: Answering) {
    this.#room = room;
    this.#signal = signal;
    this.#answer = answer;
    signal?.addEventListener('abort', this.#abort);
  }

  /** For each redirect once more. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal?.aborted) this.#abort();
  }

  onResponseStart(_: unknown, statusCode: number, headers: Head['headers']): void {
    if (statusCode < 200) return;
    this.#head = { statusCode, headers };
    const length = headers['content-length'];
    if (statusCode < 300 && typeof length === 'string') this.#bytes = this.#room(Number(length));
  }

  onResponseData(_: unknown, part: Uint8Array): void {
    if (!this.#bytes) this.#parts.push(part);
    else if (this.#length + part.length > this.#bytes.length)
      throw new Error('longer than it was said to be');
    else copyTo(this.#bytes, this.#length, part);
    this.#length += part.length;
  }

  onResponseEnd(): void {
    const isShort = this.#bytes !== undefined && this.#length < this.#bytes.length;
    this.#end(isShort ? new Error('shorter than it was said to be') : undefined);
  }

  onResponseError(_: unknown, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    const bytes = () =>
      error
        ? Promise.reject(error)
        : Promise.resolve(this.#bytes ?? new Uint8Array(Buffer.concat(this.#parts)));
    const text = async () => new TextDecoder().decode(await bytes());
    if (this.#head) this.#answer.resolve({ ...this.#head, body: { bytes, text, dump: async () => {} } });
    else this.#answer.reject(error);
  }
}

/** Memory for bytes on their way to memory that threads share. */
const passage = Buffer.alloc(64 * 1024 + 8);

/** To memory that threads share V8 copies eight bytes at a time where both lie at a multiple of eight, and else one at a time. */
function copyTo(room: Uint8Array, at: number, part: Uint8Array): void {
  const shift = (room.byteOffset + at) % 8;
  const isShared = room.buffer instanceof SharedArrayBuffer;
  if (isShared && shift + part.length <= passage.length) {
    passage.set(part, shift);
    room.set(passage.subarray(shift, shift + part.length), at);
  } else room.set(part, at);
}
