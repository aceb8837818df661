import { stream } from './stream.ts';

/**
 * Deals a training set out: pass after pass, each in its own order. Which examples a step sees depends on seed and step alone, so a
 * training that was interrupted goes on as if it had not been.
 */
export class Passes {
  readonly #count: number;
  readonly #seed: number;
  #pass = { number: -1, order: [] as number[] };

  /** @param count - Examples in the set, 1 or more. */
  constructor(count: number, seed: number) {
    this.#count = count;
    this.#seed = seed;
  }

  /**
   * The places of a step's examples in the set.
   *
   * @param step - From 0.
   */
  at(step: number, batch: number): number[] {
    return Array.from({ length: batch }, (_, row) => this.#exampleAt(step * batch + row));
  }

  #exampleAt(position: number): number {
    const number = Math.floor(position / this.#count);
    if (number !== this.#pass.number)
      this.#pass = { number, order: shuffled(this.#count, stream(this.#seed, `pass/${number}`)) };
    return this.#pass.order[position % this.#count] ?? 0;
  }
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
