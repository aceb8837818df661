/**
 * How many images each stratum gives to a sample, by its size: `wanted · size / total`, rounded up or down by chance. Systematic sampling of the
 * strata laid end to end, so that every image has the same chance to be drawn however small its stratum, and what is measured on the sample
 * needs no weights.
 *
 * @param sizes - By stratum, in an order that the seed decides.
 * @param wanted - Images of the sample; all there are when that is fewer.
 * @param start - Where the first place falls, 0..1 (1 excluded), by chance.
 * @returns By stratum, in the same order; 0 ≤ count ≤ size.
 * @see Madow and Madow 1944, "On the Theory of Systematic Sampling, I".
 */
export function proportionalCounts(
  sizes: ReadonlyMap<string, number>,
  wanted: number,
  start: number,
): Map<string, number> {
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const sample = Math.min(wanted, total);
  /** Places of the sample that lie before the end of so many images. */
  const placesBefore = (images: number) => Math.ceil((images * sample) / total - start);
  let before = 0;
  const counts = new Map<string, number>();
  for (const [stratum, size] of sizes) {
    counts.set(stratum, placesBefore(before + size) - placesBefore(before));
    before += size;
  }
  return counts;
}
