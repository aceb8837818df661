/**
 * Rows of the highest scores, highest first, ties by `tieOf`: a bounded heap over plain numbers, in one pass.
 *
 * @param scores - `[rows]`; rows of NaN are passed over.
 * @param count - Rows wanted; fewer come of fewer.
 * @param tieOf - Lower goes first among equal scores, such as a seeded hash of the row's id, so that the order of the rows never decides.
 */
export function highestRows(
  scores: Float64Array | Float32Array,
  count: number,
  tieOf: (row: number) => number,
): Uint32Array {
  const heap = new Uint32Array(Math.min(count, scores.length));
  let size = 0;
  /** What a row must reach to be looked at: the lowest score of a full heap. */
  let floor = heap.length === 0 ? Infinity : -Infinity;
  for (let row = 0; row < scores.length; row++) {
    if (!((scores[row] as number) >= floor)) continue;
    if (size < heap.length) {
      heap[size++] = row;
      if (size < heap.length) continue;
      for (let at = (size >> 1) - 1; at >= 0; at--) siftDown(at);
    } else if (size > 0 && before(row, heap[0] as number)) {
      heap[0] = row;
      siftDown(0);
    }
    floor = scores[heap[0] as number] ?? Infinity;
  }
  return heap.subarray(0, size).sort((one, other) => (before(one, other) ? -1 : 1));

  /** The one that goes last stays on top. */
  function siftDown(from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && before(heap[child] as number, heap[child + 1] as number)) child += 1;
      const upper = heap[at] as number;
      const lower = heap[child] as number;
      if (!before(upper, lower)) return;
      heap[at] = lower;
      heap[child] = upper;
      at = child;
    }
  }

  function before(one: number, other: number): boolean {
    const mine = scores[one] as number;
    const theirs = scores[other] as number;
    if (mine !== theirs) return mine > theirs;
    const myTie = tieOf(one);
    const theirTie = tieOf(other);
    return myTie === theirTie ? one < other : myTie < theirTie;
  }
}
