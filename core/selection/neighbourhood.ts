import { indexOfMax } from './index-of-max.ts';
import type { UnitVectors } from './unit-vectors.ts';
import type { VectorRows } from './vector-rows.ts';

export interface Neighbour {
  readonly row: number;
  /** −1..1, as float32 gives it. */
  readonly cosine: number;
}

/** What is labelled or chosen so far, and which of it is nearest to a candidate. */
export class Neighbourhood {
  readonly #embeddings: UnitVectors;
  readonly #vectors: VectorRows;
  readonly #rows: number[];

  /** @param room - Rows that may be added. */
  constructor(embeddings: UnitVectors, rows: Int32Array, room: number) {
    this.#embeddings = embeddings;
    this.#vectors = embeddings.gather([rows], room + 1);
    this.#rows = [...rows];
  }

  add(row: number): void {
    this.#embeddings.write(row, this.#vectors, this.#rows.length);
    this.#rows.push(row);
  }

  /** Null while there is nobody. */
  nearest(row: number): Neighbour | null {
    const count = this.#rows.length;
    this.#embeddings.write(row, this.#vectors, count);
    if (count === 0) return null;
    const cosines = this.#vectors.dots(count, 0, count);
    const at = indexOfMax(cosines);
    return { row: this.#rows[at] ?? -1, cosine: Math.min(cosines[at] ?? NaN, 1) };
  }
}
