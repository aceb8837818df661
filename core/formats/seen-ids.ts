const idsPerChunk = 2 ** 16;
const mostChunks = 2 ** 16;

/** Which ids have come: a bit for each whole number below 2³², as millions of running numbers are the rule; any other takes an entry of a set. */
export class SeenIds {
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #others = new Set<number | string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns Whether the id is new. `1` and `"1"` are two ids. */
  add(id: number | string): boolean {
    const isNew = typeof id === 'number' && isWhole(id) ? this.#addBit(id) : this.#addOther(id);
    if (isNew) this.#size += 1;
    return isNew;
  }

  #addBit(id: number): boolean {
    const key = Math.floor(id / idsPerChunk);
    let chunk = this.#chunks.get(key);
    if (!chunk) this.#chunks.set(key, (chunk = new Uint8Array(idsPerChunk / 8)));
    const place = (id % idsPerChunk) >> 3;
    const bit = 1 << (id & 7);
    const before = chunk[place] ?? 0;
    chunk[place] = before | bit;
    return (before & bit) === 0;
  }

  #addOther(id: number | string): boolean {
    const before = this.#others.size;
    return this.#others.add(id).size > before;
  }
}

function isWhole(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < idsPerChunk * mostChunks;
}
