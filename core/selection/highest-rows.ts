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
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row] ?? NaN;
    if (size < heap.length) {
      if (Number.isNaN(score)) continue;
      heap[size++] = row;
      if (size === heap.length) for (let at = (size >> 1) - 1; at >= 0; at--) siftDown(at);
    } else if (size > 0 && score >= (scores[heap[0] ?? 0] ?? NaN) && before(row, heap[0] ?? 0)) {
      heap[0] = row;
      siftDown(0);
    }
  }
  return heap.subarray(0, size).sort((one, other) => (before(one, other) ? -1 : 1));

  /** The one that goes last stays on top. */
  function siftDown(from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && before(heap[child] ?? 0, heap[child + 1] ?? 0)) child += 1;
      const [upper, lower] = [heap[at] ?? 0, heap[child] ?? 0];
      if (!before(upper, lower)) return;
      heap[at] = lower;
      heap[child] = upper;
      at = child;
    }
  }

  function before(one: number, other: number): boolean {
    const [mine, theirs] = [scores[one] ?? NaN, scores[other] ?? NaN];
    if (mine !== theirs) return mine > theirs;
    const [myTie, theirTie] = [tieOf(one), tieOf(other)];
    return myTie === theirTie ? one < other : myTie < theirTie;
  }
}
