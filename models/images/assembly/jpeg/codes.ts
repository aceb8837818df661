import { codesAt, countsAt } from './area';

/** Bits that a table is asked by: with more it would not fit the processor's first cache. */
export const lookupBits: u32 = 11;
const lookups: u32 = 1 << lookupBits;

/**
 * A table of AC begins with an entry of four bytes for each of the next 11 bits: how many of them it takes, the steps to the first coefficient and to the
 * second, the same one again where only one fits, and 0. What does not fit steps 64 places, and what ends the block 128 further. Of a coefficient that does not
 * fit it tells how many bits its code and its number take, and last the number's; where even the code does not fit, 0.
 */
const misfit: u32 = 64;
export const blockEnd: u32 = 128;
/** The two coefficients, as i16: beside the entries, which the processor waits for. */
export const firstsAt: usize = lookups * 4;
export const secondsAt: usize = firstsAt + 2;
/** For codes of up to 16 bits: the first one, aligned to 16 bits, that is longer; and where their symbols are, less the code. */
const limitsAt: usize = lookups * 8;
const offsetsAt: usize = limitsAt + 17 * 4;
const symbolsAt: usize = offsetsAt + 17 * 4;
/** `bits | symbol << 8` for each of the next 11 bits: those of the code and of the number behind it. */
const shortCodesAt: usize = symbolsAt + 256;
export const tableBytes: usize = shortCodesAt + lookups * 2;

/** Makes a table (0 and 1: of DC; 2 and 3: of AC) from the counts and symbols at `countsAt`. @returns False where there are more codes than can be. */
export function buildCodes(index: u32): bool {
  const table = codesAt + <usize>index * tableBytes;
  memory.fill(table + shortCodesAt, 0, lookups * 2);
  let code: u32 = 0;
  let place: u32 = 0;
  for (let length: u32 = 1; length <= 16; length++) {
    const at = table + ((<usize>length) << 2);
    store<i32>(at, <i32>place - <i32>code, offsetsAt);
    for (let left = <u32>load<u8>(countsAt + length - 1); left > 0; left--) {
      if (code >> length != 0) return false;
      const symbol = <u32>load<u8>(countsAt + 16 + place);
      store<u8>(table + place, symbol, symbolsAt);
      const size = symbol & 15;
      if (length <= lookupBits) {
        const spare = lookupBits - length;
        const first = table + ((<usize>(code << spare)) << 1);
        for (let each: usize = 0; each < 1 << spare; each++)
          store<u16>(first + (each << 1), (length + size) | (symbol << 8), shortCodesAt);
      }
      code++;
      place++;
    }
    store<u32>(at, code << (16 - length), limitsAt);
    code <<= 1;
  }
  if (index >= 2) for (let bits: u32 = 0; bits < lookups; bits++) buildEntry(table, bits);
  return true;
}

function buildEntry(table: usize, bits: u32): void {
  const at = table + ((<usize>bits) << 2);
  const code = shortCode(table, bits);
  const total = code & 255;
  const symbol = code >> 8;
  const size = symbol & 15;
  const isOther = size == 0 && symbol != 0 && symbol != 0xf0;
  const step = (symbol >> 4) + 1;
  if (code == 0 || isOther) return storeEntry(at, 0, 0, misfit, 0, 0, 0);
  if (total > lookupBits) return storeEntry(at, total, step, misfit, size, 0, 0);
  if (symbol == 0) return storeEntry(at, total, 64, blockEnd, 0, 0, 0);
  const first = coefficient(bits, total, size);
  const rest = (bits << total) & (lookups - 1);
  const next = shortCode(table, rest);
  const nextSymbol = next >> 8;
  const both = total + (next & 255);
  const isOne = next == 0 || both > lookupBits;
  if (!isOne && nextSymbol == 0) return storeEntry(at, both, step, blockEnd + step, 0, first, 0);
  if (isOne || (nextSymbol & 15) == 0) return storeEntry(at, total, step, step, 0, first, first);
  const second = coefficient(rest, next & 255, nextSymbol & 15);
  storeEntry(at, both, step, step + (nextSymbol >> 4) + 1, 0, first, second);
}

function shortCode(table: usize, bits: u32): u32 {
  return load<u16>(table + ((<usize>bits) << 1), shortCodesAt);
}

function coefficient(bits: u32, end: u32, size: u32): i32 {
  return signed(bits >> (lookupBits - end), size);
}

function storeEntry(at: usize, bits: u32, step: u32, end: u32, size: u32, first: i32, second: i32): void {
  store<u8>(at, bits);
  store<u8>(at, step, 1);
  store<u8>(at, end, 2);
  store<u8>(at, size, 3);
  store<i16>(at, first, firstsAt);
  store<i16>(at, second, secondsAt);
}

/** What the last so many bits stand for: where the first of them is 0, a negative number. */
function signed(bits: u32, size: u32): i32 {
  const mask: u32 = (1 << size) - 1;
  const negative = ((bits >> (size - 1)) & 1) - 1;
  return <i32>(bits & mask) - <i32>(negative & mask);
}

/** `bits | symbol << 8` of the code, and of the number behind it, that 64 bits begin with; 0: there is none. */
export function codeOf(table: usize, bits: u64): u32 {
  const short = shortCode(table, <u32>(bits >> (64 - lookupBits)));
  if (short != 0) return short;
  const top = <u32>(bits >> 48);
  for (let length: u32 = lookupBits + 1; length <= 16; length++) {
    const at = table + ((<usize>length) << 2);
    if (top >= load<u32>(at, limitsAt)) continue;
    const place = <usize>(load<i32>(at, offsetsAt) + <i32>(top >> (16 - length)));
    const symbol = <u32>load<u8>(table + place, symbolsAt);
    return (length + (symbol & 15)) | (symbol << 8);
  }
  return 0;
}

/** The entry for the next bits. */
export function entryOf(table: usize, bits: u64): usize {
  return table + ((<usize>(bits >> (64 - lookupBits))) << 2);
}

/** The number of so many bits, the last of the first `end`. */
export function numberBefore(bits: u64, end: u32, size: u32): i32 {
  return signed(<u32>(bits >> (<u64>(64 - end))), size);
}
