import type { PixelMask } from './annotated-image.ts';

/** Makes a mask of pieces of its columns, which come column by column and top down. */
export class MaskRuns {
  readonly #image: { readonly width: number; readonly height: number };
  readonly #counts: number[] = [];
  /** Where the last run ended. */
  #end = 0;

  constructor(image: { width: number; height: number }) {
    this.#image = image;
  }

  /** @param top - Of the first pixel. @param bottom - Of the first one below. */
  add(x: number, top: number, bottom: number): void {
    const start = x * this.#image.height + top;
    const length = bottom - top;
    const counts = this.#counts;
    // A column that is filled down to the edge of the image may go on at the top of the next.
    if (start === this.#end && counts.length > 0) counts[counts.length - 1] = (counts.at(-1) ?? 0) + length;
    else counts.push(start - this.#end, length);
    this.#end = start + length;
  }

  mask(): PixelMask {
    const { width, height } = this.#image;
    const rest = width * height - this.#end;
    const counts = rest > 0 || this.#counts.length === 0 ? [...this.#counts, rest] : this.#counts;
    return { width, height, counts };
  }
}
