/** What lies unused at most; what is given back beyond it is left to the garbage collector. */
const mostFreeBytes = 64 * 1024 * 1024;

/**
 * Buffers that all threads see and that are used again and again. Large new ones for each image would have their pages cleared each time, and
 * the garbage collector go over the whole heap every hundred images.
 */
export class SharedBuffers {
  /** By their size. */
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  readonly #lent = new WeakSet<object>();
  #freeBytes = 0;

  /** A buffer of so many bytes, holding anything. Who never gives it back does no harm. */
  take(bytes: number): Uint8Array {
    const size = roundedUp(bytes);
    const free = this.#free.get(size)?.pop();
    if (free) this.#freeBytes -= size;
    const buffer = free ?? new SharedArrayBuffer(size);
    this.#lent.add(buffer);
    return new Uint8Array(buffer, 0, bytes);
  }

  /** Takes a buffer back, by any view on it; what was taken elsewhere, or is back already, is left alone. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof SharedArrayBuffer) || !this.#lent.delete(buffer)) return;
    const size = buffer.byteLength;
    if (this.#freeBytes + size > mostFreeBytes) return;
    this.#freeBytes += size;
    const same = this.#free.get(size);
    if (same) same.push(buffer);
    else this.#free.set(size, [buffer]);
  }
}

/** To four sizes between each two powers of two, so that few are made. */
function roundedUp(bytes: number): number {
  const step = 2 ** Math.max(10, Math.floor(Math.log2(Math.max(1, bytes))) - 2);
  return Math.ceil(Math.max(1, bytes) / step) * step;
}
