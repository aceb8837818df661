/** Children of a place in the heap: with four, fewer levels lie between the top and where a bound belongs, and they lie side by side. */
const arity = 4;

/**
 * A heap of positions 0..n−1 with the highest bound on top, and among equal bounds the lowest position: what lazy greedy needs
 * (Minoux 1978). A bound may only sink, and only on top; so whoever is on top with its true value is the best of all.
 */
export class BoundHeap {
  readonly #positions: Int32Array;
  /** Of the position at the same place. */
  readonly #bounds: Float64Array;
  #size: number;

  /** @param bounds - `[n]`, no NaN; kept, not copied. */
  constructor(bounds: Float64Array) {
    this.#bounds = bounds;
    this.#size = bounds.length;
    this.#positions = new Int32Array(this.#size);
    for (let position = 0; position < this.#size; position++) this.#positions[position] = position;
    for (let place = Math.floor((this.#size - 2) / arity); place >= 0; place--)
      this.#siftDown(place, this.#positions[place] ?? -1, this.#bounds[place] ?? 0);
  }

  /** The position with the highest bound; −1 when all are popped. */
  get top(): number {
    return this.#size === 0 ? -1 : (this.#positions[0] ?? -1);
  }

  /** Gives the top a lower bound. */
  lower(bound: number): void {
    this.#siftDown(0, this.top, bound);
  }

  /** Takes the top away. */
  pop(): void {
    this.#size -= 1;
    const last = this.#size;
    if (last > 0) this.#siftDown(0, this.#positions[last] ?? -1, this.#bounds[last] ?? 0);
  }

  /** Puts a position with its bound where it belongs, at `place` or below. */
  #siftDown(place: number, position: number, bound: number): void {
    const positions = this.#positions;
    const bounds = this.#bounds;
    const size = this.#size;
    for (;;) {
      let first = -1;
      let highest = bound;
      let lowest = position;
      const from = place * arity + 1;
      for (let child = from, end = Math.min(from + arity, size); child < end; child++) {
        const own = bounds[child] ?? 0;
        if (own < highest) continue;
        const at = positions[child] ?? -1;
        if (own === highest && at > lowest) continue;
        first = child;
        highest = own;
        lowest = at;
      }
      if (first < 0) break;
      positions[place] = lowest;
      bounds[place] = highest;
      place = first;
    }
    positions[place] = position;
    bounds[place] = bound;
  }
}
