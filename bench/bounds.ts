/** The bounds of a benchmark: each is printed beside what was measured, and all that were missed are told together at the end. */
export class Bounds {
  readonly #missed: string[] = [];

  below(what: string, measured: number, bound: number): void {
    console.log(`${what}: ${measured.toFixed(2)} (< ${bound})`);
    if (!(measured < bound)) this.#missed.push(`${what}: ${measured.toFixed(2)} is not below ${bound}.`);
  }

  atLeast(what: string, measured: number, bound: number): void {
    console.log(`${what}: ${measured.toFixed(2)} (≥ ${bound})`);
    if (!(measured >= bound)) this.#missed.push(`${what}: ${measured.toFixed(2)} is below ${bound}.`);
  }

  /** @throws Error that names every bound that was missed. */
  assert(): void {
    if (this.#missed.length > 0) throw new Error(this.#missed.join('\n'));
  }
}
