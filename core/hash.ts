/**
 * A well-spread 53-bit hash of a text (cyrb53): the same on every machine, not for secrets.
 *
 * @param seed - Another seed is another hash.
 * @returns A whole number in 0..2⁵³−1.
 */
export function hash53(text: string, seed = 0): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/**
 * A place in 0..1 (1 excluded) for a key, by a seed: how splits, draws and ties are decided.
 *
 * @param seed - Names the decision; another seed gives an independent place.
 */
export function hashUnit(seed: string, key: string): number {
  return hash53(`${seed}\n${key}`) / 9007199254740992;
}
