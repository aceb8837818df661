/**
 * Keeps the `limit` lowest entries of a stream, in memory bounded by `limit`: a binary heap with the highest kept entry on top.
 * Order is `rank`, then `tie`, then the key itself, so no two entries are ever equal and array order never decides.
 */
export class LowestKeys {
  readonly #limit: number;
  readonly #heap: RankedKey[] = [];

  /** @param limit - Entries to keep, 0 or more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(entry: RankedKey): void {
    const top = this.#heap[0];
    if (this.#heap.length < this.#limit) {
      this.#heap.push(entry);
      this.#siftUp(this.#heap.length - 1);
    } else if (top && before(entry, top)) {
      this.#heap[0] = entry;
      this.#siftDown(0);
    }
  }

  /** The kept entries, lowest first. */
  sorted(): RankedKey[] {
    return [...this.#heap].sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(parent, index)) return;
      index = parent;
    }
  }

  #siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const a = this.#heap[left];
      const b = this.#heap[right];
      if (!a) return;
      const larger = b && before(a, b) ? right : left;
      if (!this.#swapIfBefore(index, larger)) return;
      index = larger;
    }
  }

  /** Puts the larger of the two above the smaller; answers whether it had to. */
  #swapIfBefore(upper: number, lower: number): boolean {
    const a = this.#heap[upper];
    const b = this.#heap[lower];
    if (!a || !b || !before(a, b)) return false;
    this.#heap[upper] = b;
    this.#heap[lower] = a;
    return true;
  }
}

export interface RankedKey {
  readonly key: string;
  readonly rank: number;
  readonly tie: number;
  /** Carried along. */
  readonly score?: number | undefined;
}

function before(a: RankedKey, b: RankedKey): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.tie !== b.tie) return a.tie < b.tie;
  return a.key < b.key;
}
