import { blockAt, zigzagAt, Component } from './area';
import { codeKind, codeOf, endKind, entryOf, numberBehind } from './codes';

/** Where a scan is that makes no sense. */
export const broken: u32 = 0xffffffff;

/** Where the last coefficient of the block lies that was read last; 0: it has none but DC. */
export let lastCoefficient: u32 = 0;

/**
 * Reads a block's coefficients to `blockAt`, by row, as they are coded: not yet multiplied. Reads up to 220 bytes behind the stream.
 *
 * @param at - In bits.
 * @returns Where the next block is; {@link broken}, or behind the stream's end, where there is none.
 */
export function readBlock(component: Component, at: u32, stream: usize): u32 {
  const dcCodes = component.dcCodes;
  const acCodes = component.acCodes;
  let bits = bitsAt(stream, at);
  let entry = entryOf(dcCodes, bits);
  let dc = component.dc;
  if (load<u8>(entry, 3) == codeKind) {
    const code = codeOf(dcCodes, bits);
    const size = code >> 8;
    if (code == 0 || size > 11) return broken;
    if (size > 0) dc += numberBehind(bits, code & 255, size);
    at += (code & 255) + size;
    bits = bitsAt(stream, at);
  } else {
    dc += load<i16>(entry, 4);
    bits <<= <u64>load<u8>(entry);
    at += load<u8>(entry);
  }
  component.dc = dc;
  clearBlock();
  store<i16>(blockAt, dc);
  let k: u32 = 0;
  for (;;) {
    entry = entryOf(acCodes, bits);
    let next = k + load<u8>(entry, 2);
    // Four times: of 57 bits that are there, four entries and DC's take 55.
    if (next < 64) {
      storeTwo(entry, k, next);
      k = next;
      bits <<= <u64>load<u8>(entry);
      at += load<u8>(entry);
      entry = entryOf(acCodes, bits);
      next = k + load<u8>(entry, 2);
      if (next < 64) {
        storeTwo(entry, k, next);
        k = next;
        bits <<= <u64>load<u8>(entry);
        at += load<u8>(entry);
        entry = entryOf(acCodes, bits);
        next = k + load<u8>(entry, 2);
        if (next < 64) {
          storeTwo(entry, k, next);
          k = next;
          bits <<= <u64>load<u8>(entry);
          at += load<u8>(entry);
          entry = entryOf(acCodes, bits);
          next = k + load<u8>(entry, 2);
          if (next < 64) {
            storeTwo(entry, k, next);
            k = next;
            at += load<u8>(entry);
            if (k == 63) break;
            bits = bitsAt(stream, at);
            continue;
          }
        }
      }
    }
    if (k == 63) break;
    next &= 127;
    // Behind the 63rd there is no code for the end.
    if (load<u8>(entry, 3) == endKind && next < 63) {
      storeOne(k + load<u8>(entry, 1), load<i16>(entry, 4));
      k = next;
      at += load<u8>(entry);
      break;
    }
    bits = bitsAt(stream, at);
    const code = codeOf(acCodes, bits);
    const size = (code >> 8) & 15;
    const run = code >> 12;
    at += (code & 255) + size;
    if (size == 0 && run == 0 && code != 0) break;
    k += run + 1;
    if (code == 0 || k > 63 || (size == 0 && run != 15)) return broken;
    if (size > 0) storeOne(k, numberBehind(bits, code & 255, size));
    if (k == 63) break;
    bits = bitsAt(stream, at);
  }
  lastCoefficient = k;
  return at;
}

/** 57 of the stream's bits, or more, from a place on. */
function bitsAt(stream: usize, at: u32): u64 {
  const read: u64 = at & 7;
  return load<u64>(stream - 8 - (at >> 3)) << read;
}

function clearBlock(): void {
  const zero = i64x2.splat(0);
  v128.store(blockAt, zero);
  v128.store(blockAt, zero, 16);
  v128.store(blockAt, zero, 32);
  v128.store(blockAt, zero, 48);
  v128.store(blockAt, zero, 64);
  v128.store(blockAt, zero, 80);
  v128.store(blockAt, zero, 96);
  v128.store(blockAt, zero, 112);
}

function storeTwo(entry: usize, k: u32, next: u32): void {
  storeOne(k + load<u8>(entry, 1), load<i16>(entry, 4));
  storeOne(next, load<i16>(entry, 6));
}

function storeOne(k: u32, coefficient: i32): void {
  store<i16>(load<u8>(<usize>k, zigzagAt), coefficient, blockAt);
}
