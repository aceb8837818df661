const shownExamples = 5;

/** What became of a file's objects: what was left out or cut, and where the first of them stand. */
export class FormatReport {
  images = 0;
  objects = 0;
  skipped = 0;
  clipped = 0;
  readonly #examples: string[] = [];

  /** @param why - Follows the place: `annotations[17]: its width is -3`. */
  skip(place: string, why: string): void {
    this.skipped += 1;
    this.#example(`${place}: ${why}; left out`);
  }

  clip(place: string): void {
    this.clipped += 1;
    this.#example(`${place}: it sticks out of the image; cut at the edge`);
  }

  /** The first few of them. */
  get examples(): readonly string[] {
    return this.#examples;
  }

  /** A sentence, and a line for each example. */
  lines(): string[] {
    return [
      `${this.objects} objects on ${this.images} images; ${this.skipped} left out, ${this.clipped} cut at the edge of their image`,
      ...this.#examples.map((example) => `  ${example}`),
    ];
  }

  #example(text: string): void {
    if (this.#examples.length < shownExamples) this.#examples.push(text);
  }
}
