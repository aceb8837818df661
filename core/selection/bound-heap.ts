/**
 * A heap of positions 0..n−1 with the highest bound on top, and among equal bounds the lowest position: what lazy greedy needs
 * (Minoux 1978). A bound may only sink, and only on top; so whoever is on top with its true value is the best of all.
 */
export class BoundHeap {
  readonly #bounds: Float64Array;
  readonly #heap: Int32Array;
  #size: number;

  /** @param bounds - `[n]`, no NaN; kept, not copied. */
  constructor(bounds: Float64Array) {
    this.#bounds = bounds;
    this.#size = bounds.length;
    this.#heap = Int32Array.from(bounds, (_, position) => position);
    for (let index = (this.#size >> 1) - 1; index >= 0; index--) this.#siftDown(index);
  }

  /** The position with the highest bound; −1 when all are popped. */
  get top(): number {
    return this.#size === 0 ? -1 : this.#at(0);
  }

  /** Gives the top a lower bound. */
  lower(bound: number): void {
    this.#bounds[this.top] = bound;
    this.#siftDown(0);
  }

  /** Takes the top away. */
  pop(): void {
    this.#size -= 1;
    this.#heap[0] = this.#at(this.#size);
    if (this.#size > 0) this.#siftDown(0);
  }

  #siftDown(start: number): void {
    const moved = this.#at(start);
    let index = start;
    for (let child = 2 * index + 1; child < this.#size; child = 2 * index + 1) {
      if (child + 1 < this.#size && this.#before(this.#at(child + 1), this.#at(child))) child += 1;
      if (!this.#before(this.#at(child), moved)) break;
      this.#heap[index] = this.#at(child);
      index = child;
    }
    this.#heap[index] = moved;
  }

  #at(index: number): number {
    return this.#heap[index] ?? -1;
  }

  #before(one: number, other: number): boolean {
    const a = this.#bounds[one] ?? -Infinity;
    const b = this.#bounds[other] ?? -Infinity;
    return a > b || (a === b && one < other);
  }
}
