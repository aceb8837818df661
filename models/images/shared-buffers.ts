/** Whole regions of the room; what no region is left for is by itself. */
const roomBytes = 32 * 1024 * 1024;

/** Where a view lies in the room. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/**
 * Buffers that all threads see and that are used again and again: regions of one room, whose places threads tell each other. Each buffer that is
 * made, or told to another thread, counts as load of that thread's heap, and has its garbage collector go over it every few dozen images.
 */
export class SharedBuffers {
  readonly room = new SharedArrayBuffer(roomBytes);
  /** Beginnings of regions, by their size. */
  readonly #free = new Map<number, number[]>();
  readonly #lent = new WeakMap<Uint8Array, { readonly at: number; readonly size: number }>();
  /** Of who never gives back: a cancelled shard. */
  readonly #lost = new FinalizationRegistry<{ at: number; size: number }>((region) => this.#add(region));
  #end = 0;

  /** A buffer of so many bytes, holding anything. Who drops the view does no harm. */
  take(bytes: number): Uint8Array {
    const size = roundedUp(bytes);
    const at = this.#free.get(size)?.pop() ?? this.#grow(size);
    if (at === undefined) return new Uint8Array(new SharedArrayBuffer(bytes));
    const view = new Uint8Array(this.room, at, bytes);
    const region = { at, size };
    this.#lent.set(view, region);
    this.#lost.register(view, region, view);
    return view;
  }

  /** Takes back the view that was lent; what was taken elsewhere, or is back already, is left alone. */
  giveBack(view: Uint8Array): void {
    const region = this.#lent.get(view);
    if (!region) return;
    this.#lent.delete(view);
    this.#lost.unregister(view);
    this.#add(region);
  }

  /** Null for what is not of the room. */
  placeOf({ buffer, byteOffset, length }: Uint8Array): Place | null {
    return buffer === this.room ? { at: byteOffset, length } : null;
  }

  #grow(size: number): number | undefined {
    if (this.#end + size > roomBytes) return undefined;
    this.#end += size;
    return this.#end - size;
  }

  #add({ at, size }: { at: number; size: number }): void {
    const same = this.#free.get(size);
    if (same) same.push(at);
    else this.#free.set(size, [at]);
  }
}

/** To four sizes between each two powers of two, so that few are made. */
function roundedUp(bytes: number): number {
  const step = 2 ** Math.max(10, Math.floor(Math.log2(Math.max(1, bytes))) - 2);
  return Math.ceil(Math.max(1, bytes) / step) * step;
}
