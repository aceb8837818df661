export interface SpanTable {
  /** For each new place `first: i32, pairs: i32`, then `taps` weights as i16, which sum to 2^14, and zeros; to fours of places. */
  readonly table: ArrayBuffer;
  readonly taps: number;
}

const one = 2 ** 14;

/**
 * Which source pixels of a line each pixel of a resized one covers, as `assembly/pixels.ts` reads it.
 *
 * @param sourceLength - In pixels.
 */
export function spanTable(sourceLength: number, length: number): SpanTable {
  const step = sourceLength / length;
  const most = Math.ceil(step) + 1;
  const taps = wholeFours(most);
  const table = new ArrayBuffer(wholeFours(length) * (8 + taps * 2));
  const words = new Int32Array(table);
  const halves = new Int16Array(table);
  const weights = new Float64Array(most);
  for (let place = 0; place < length; place++) {
    const [first, count] = coverArea(place * step, Math.min(sourceLength, (place + 1) * step), weights);
    const at = place * (4 + taps);
    words[at / 2] = first;
    words[at / 2 + 1] = Math.ceil(count / 2);
    writeWhole(weights, count, halves, at + 4);
  }
  return { table, taps };
}

type Written = readonly [first: number, count: number];

function coverArea(start: number, end: number, weights: Float64Array): Written {
  const first = Math.floor(start);
  const count = Math.max(1, Math.min(weights.length, Math.ceil(end) - first));
  for (let tap = 0; tap < count; tap++) {
    const overlap = Math.min(end, first + tap + 1) - Math.max(start, first + tap);
    weights[tap] = Math.max(0, overlap) / (end - start);
  }
  return [first, count];
}

/** Rounds the running sum, so that the weights keep their total. */
function writeWhole(weights: Float64Array, count: number, into: Int16Array, at: number): void {
  let sum = 0;
  let written = 0;
  for (let tap = 0; tap < count; tap++) {
    sum += weights[tap] ?? 0;
    const upTo = tap === count - 1 ? one : Math.round(sum * one);
    into[at + tap] = upTo - written;
    written = upTo;
  }
}

function wholeFours(count: number): number {
  return Math.ceil(count / 4) * 4;
}
