import { blockAt, Component, Scan, scanAt, zigzagAt } from './area';
import { blockEnd, codeOf, entryOf, firstsAt, numberBefore, secondsAt } from './codes';
import { showBlock } from './show-block';

/** Where a scan is that makes no sense. */
export const broken: u32 = 0xffffffff;

/** The component of the block that was read last, where its pixels go (0: nowhere), and where its last coefficient lies; 0: it has none but DC. */
let lastComponent: usize = 0;
let lastTo: usize = 0;
let lastCoefficient: u32 = 0;

/**
 * Reads a block's coefficients to `blockAt`, by row, as they are coded: not yet multiplied. Reads up to 220 bytes behind the stream. It becomes pixels with
 * {@link showLastBlock}, or when the next one is read: behind its first codes, for which the processor has to wait.
 *
 * @param at - In bits.
 * @returns Where the next block is; {@link broken}, or behind the stream's end, where there is none.
 */
export function readBlock(component: Component, at: u32, to: usize): u32 {
  const scan = changetype<Scan>(scanAt);
  if (at > scan.streamBytes << 3) return broken;
  const stream = scan.streamEnd;
  const acCodes = component.acCodes;
  let bits = bitsAt(stream, at);
  let code = codeOf(component.dcCodes, bits);
  let size = code >> 8;
  if (code == 0 || size > 11) return broken;
  const dc = component.dc + numberBefore(bits, code & 255, size);
  component.dc = dc;
  at += code & 255;
  bits <<= <u64>code;
  let entry = entryOf(acCodes, bits);
  let taken: u64 = load<u8>(entry);
  let second = entryOf(acCodes, bits << taken);
  let secondTaken: u64 = load<u8>(second);
  showLastBlock();
  clearBlock();
  store<i16>(blockAt, dc);
  let k: u32 = 0;
  // Two entries at a time, and meanwhile the bits behind: of 57, four entries take 44.
  for (;;) {
    const ahead = bitsAt(stream, at);
    let next = k + load<u8>(entry, 2);
    if (next < 64) {
      storeTwo(entry, k, next);
      k = next;
      at += <u32>taken;
      entry = second;
      next = k + load<u8>(entry, 2);
      if (next < 64) {
        storeTwo(entry, k, next);
        k = next;
        at += <u32>secondTaken;
        bits = (ahead << taken) << secondTaken;
      }
    }
    if (next > 63) {
      if (k == 63) break;
      // Behind the 63rd there is no code for the end.
      if (next >= blockEnd && next < blockEnd + 63) {
        storeOne(k + load<u8>(entry, 1), load<i16>(entry, firstsAt));
        k = next - blockEnd;
        at += load<u8>(entry);
        break;
      }
      bits = bitsAt(stream, at);
      size = load<u8>(entry, 3);
      let step: u32 = load<u8>(entry, 1);
      if (size > 0) taken = load<u8>(entry);
      else {
        code = codeOf(acCodes, bits);
        size = (code >> 8) & 15;
        step = (code >> 12) + 1;
        taken = code & 255;
        if (code == 0 || (size == 0 && step != 1 && step != 16)) return broken;
      }
      at += <u32>taken;
      if (size == 0 && step == 1) break;
      k += step;
      if (k > 63) return broken;
      storeOne(k, numberBefore(bits, <u32>taken, size));
      if (k == 63) break;
      bits <<= taken;
    }
    entry = entryOf(acCodes, bits);
    taken = load<u8>(entry);
    second = entryOf(acCodes, bits << taken);
    secondTaken = load<u8>(second);
  }
  lastComponent = changetype<usize>(component);
  lastTo = to;
  lastCoefficient = k;
  return at;
}

/** Turns the block that was read last into pixels, where it is not yet. */
export function showLastBlock(): void {
  if (lastTo != 0) showBlock(changetype<Component>(lastComponent), lastCoefficient, lastTo);
  lastTo = 0;
}

/** Another scan begins. */
export function forgetLastBlock(): void {
  lastTo = 0;
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
  storeOne(k + load<u8>(entry, 1), load<i16>(entry, firstsAt));
  storeOne(next, load<i16>(entry, secondsAt));
}

function storeOne(k: u32, coefficient: i32): void {
  store<i16>(load<u8>(<usize>k, zigzagAt), coefficient, blockAt);
}
