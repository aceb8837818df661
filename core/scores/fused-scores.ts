import { entropy as exactEntropy, normalisedEntropy } from './entropy.ts';
import { leastConfidence as exactLeastConfidence, leastConfidenceOf } from './least-confidence.ts';
import { margin as exactMargin, marginOf } from './margin.ts';
import { rowFault, sumTolerance } from './probability-rows.ts';

/** Bits of the fraction by which {@link lines} has a line of its own. */
const fractionBits = 9;
const shift = 23 - fractionBits;
/** All bits of an exponent and as many of the fraction: without the sign. */
const lineMask = (256 << fractionBits) - 1;

export interface FusedScores {
  /** `[rows]` each; NaN where no score can be given. Higher asks a person first. */
  readonly leastConfidence: Float64Array;
  readonly margin: Float64Array;
  /** Off by less than 1e-6 from the exact one. */
  readonly entropy: Float64Array;
}

/**
 * Least confidence, margin and normalised entropy of float32 probabilities in one pass, for millions of rows. A row that does not hold probabilities
 * summing to 1 (±1e-3) gives NaN.
 *
 * Floats of 0 or more have the order of their bits, so the two highest are found among whole numbers without a branch; p ln p comes from the
 * line that touches it in the middle of p's interval, of which there are 512 from each power of two to the next.
 *
 * @param data - `[rows][classes]` flat.
 * @param classes - 2 or more.
 */
export function fusedScores(data: Float32Array, classes: number): FusedScores {
  const rows = data.length / classes;
  const table = lines();
  const mostNats = Math.log(classes);
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const highest = new Float32Array(2);
  const highestBits = new Int32Array(highest.buffer);
  const result = {
    leastConfidence: new Float64Array(rows),
    margin: new Float64Array(rows),
    entropy: new Float64Array(rows),
  };
  const { leastConfidence, margin, entropy } = result;
  for (let row = 0; row < rows; row++) {
    let first = 0;
    let second = 0;
    let signs = 0;
    let sum = 0;
    let nats = 0;
    const end = (row + 1) * classes;
    for (let index = row * classes; index < end; index++) {
      const p = data[index] as number;
      const q = bits[index] as number;
      signs |= q;
      sum += p;
      const over = (first - q) | 0;
      const less = over & (over >> 31);
      first = (first - less) | 0;
      const overSecond = (second - (q + less)) | 0;
      second = (second - (overSecond & (overSecond >> 31))) | 0;
      const line = ((q >>> shift) & lineMask) << 1;
      nats -= (table[line] as number) + p * (table[line + 1] as number);
    }
    if (!(Math.abs(sum - 1) <= sumTolerance) || signs < 0) {
      // Zeros with a sign are probabilities too.
      const start = row * classes;
      const sound = rowFault(data, start, classes) === null;
      leastConfidence[row] = sound ? exactLeastConfidence(data, start, classes) : NaN;
      margin[row] = sound ? exactMargin(data, start, classes) : NaN;
      entropy[row] = sound ? exactEntropy(data, start, classes) : NaN;
      continue;
    }
    highestBits[0] = first;
    highestBits[1] = second;
    leastConfidence[row] = leastConfidenceOf(highest[0] as number);
    margin[row] = marginOf(highest[0] as number, highest[1] as number);
    entropy[row] = normalisedEntropy(nats, mostNats);
  }
  return result;
}

/** Offset and slope of the line for each interval of p below 2, and zeros for what is no probability. */
function lines(): Float32Array {
  const table = new Float32Array(2 * (lineMask + 1));
  const ends = new Float32Array(2);
  const bits = new Int32Array(ends.buffer);
  for (let index = 0; index < 128 << fractionBits; index++) {
    bits[0] = index << shift;
    bits[1] = (index + 1) << shift;
    const middle = ((ends[0] as number) + (ends[1] as number)) / 2;
    // p ln p ≈ m ln m + (p − m)(ln m + 1)
    table[2 * index] = -middle;
    table[2 * index + 1] = Math.log(middle) + 1;
  }
  table[0] = 0; // 0 ln 0 = 0.
  return table;
}
