import type { SegmentEntry } from './segment-layout.ts';

/** A segment by its number, and where in it. */
export interface SegmentPlace {
  readonly segment: number;
  readonly at: number;
}

const leastSlots = 1024;
/** Slots an image, once the table has grown; it grows again when there are `leastRoom`. */
const mostRoom = 2;
const leastRoom = 4 / 3;

/**
 * Where the newest pixels of each image lie. It takes 24 bytes a slot, which are 32 to 48 an image, and both tables' while it grows. Of a key it holds 64 bits:
 * whose pixels they are, their tail tells. Images of segments that are gone stay until it grows.
 */
export class SegmentTable {
  readonly #isThere: (segment: number) => boolean;
  #slots = new Slots(leastSlots);

  /** @param isThere - Whether a segment, by its number, is still to be read. */
  constructor(isThere: (segment: number) => boolean) {
    this.#isThere = isThere;
  }

  find(first: number, second: number): SegmentPlace | null {
    const slot = this.#slots.slotOf(first, second);
    return this.#isLive(slot) ? { segment: this.#slots.segment(slot), at: this.#slots.at(slot) } : null;
  }

  /** Of a key's entries the one that was written last counts; within a segment, whose entries are added in their order, the last one. */
  add(entry: SegmentEntry, segment: number): void {
    if (!(entry.writtenMs > 0)) return; // No entry of ours.
    const slots = this.#slots;
    const slot = slots.slotOf(entry.first, entry.second);
    const isOlder = slots.segment(slot) !== segment && slots.writtenMs(slot) > entry.writtenMs;
    if (isOlder && this.#isLive(slot)) return;
    slots.put(slot, entry, segment);
    if (slots.length < slots.taken * leastRoom) this.#grow();
  }

  #isLive(slot: number): boolean {
    return !this.#slots.isFree(slot) && this.#isThere(this.#slots.segment(slot));
  }

  #grow(): void {
    const old = this.#slots;
    let live = 0;
    for (let slot = 0; slot < old.length; slot++) if (this.#isLive(slot)) live++;
    const grown = new Slots(Math.max(leastSlots, live * mostRoom));
    for (let slot = 0; slot < old.length; slot++) {
      if (!this.#isLive(slot)) continue;
      const entry = old.entry(slot);
      grown.put(grown.slotOf(entry.first, entry.second), entry, old.segment(slot));
    }
    this.#slots = grown;
  }
}

/** Each key's slot is the first free one from where the key, which is a hash, points. */
class Slots {
  readonly length: number;
  taken = 0;
  /** Four a slot: the key's two halves, the place, the segment. */
  readonly #words: Uint32Array;
  /** 0 where the slot is free. */
  readonly #times: Float64Array;

  constructor(length: number) {
    this.length = length;
    this.#words = new Uint32Array(length * 4);
    this.#times = new Float64Array(length);
  }

  slotOf(first: number, second: number): number {
    let slot = Math.floor((first / 2 ** 32) * this.length);
    while (!this.isFree(slot) && (this.#word(slot, 0) !== first || this.#word(slot, 1) !== second))
      slot = slot + 1 === this.length ? 0 : slot + 1;
    return slot;
  }

  isFree(slot: number): boolean {
    return this.#times[slot] === 0;
  }

  at(slot: number): number {
    return this.#word(slot, 2);
  }

  segment(slot: number): number {
    return this.#word(slot, 3);
  }

  writtenMs(slot: number): number {
    return this.#times[slot] ?? 0;
  }

  entry(slot: number): SegmentEntry {
    return {
      first: this.#word(slot, 0),
      second: this.#word(slot, 1),
      at: this.at(slot),
      writtenMs: this.writtenMs(slot),
    };
  }

  put(slot: number, { first, second, at, writtenMs }: SegmentEntry, segment: number): void {
    if (this.isFree(slot)) this.taken += 1;
    const words = this.#words;
    const start = slot * 4;
    [words[start], words[start + 1], words[start + 2], words[start + 3]] = [first, second, at, segment];
    this.#times[slot] = writtenMs;
  }

  #word(slot: number, place: number): number {
    return this.#words[slot * 4 + place] ?? 0;
  }
}
