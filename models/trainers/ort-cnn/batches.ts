import { hash53 } from '../../../core/hash.ts';
import { seededRandom } from '../../../core/seeded-random.ts';
import type { Examples } from './examples.ts';

export interface BatchShape {
  readonly batch: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly classes: number;
  readonly augment: boolean;
}

export interface Batch {
  readonly images: Uint8Array;
  /** One-hot. */
  readonly targets: Float32Array;
  readonly weights: Float32Array;
}

/**
 * Deals the training set out: pass after pass, each in its own order. Which examples a step sees, and how they are shifted, depends
 * on seed and step alone, so a training that was interrupted goes on as if it had not been.
 */
export class Batches {
  readonly #examples: Examples;
  readonly #shape: BatchShape;
  readonly #seed: number;
  #pass = { number: -1, order: [] as number[] };

  constructor(examples: Examples, shape: BatchShape, seed: number) {
    this.#examples = examples;
    this.#shape = shape;
    this.#seed = seed;
  }

  /** @param step - From 0. */
  at(step: number): Batch {
    const { batch, width, height, channels, classes, augment } = this.#shape;
    const size = width * height * channels;
    const images = new Uint8Array(batch * size);
    const targets = new Float32Array(batch * classes);
    const weights = new Float32Array(batch);
    const random = stream(this.#seed, `shift/${step}`);
    for (let row = 0; row < batch; row++) {
      const example = this.#exampleAt(step * batch + row);
      const source = this.#examples.pixels.subarray(example * size, (example + 1) * size);
      images.set(augment ? shifted(source, this.#shape, random) : source, row * size);
      targets[row * classes + (this.#examples.labels[example] ?? 0)] = 1;
      weights[row] = this.#examples.weights[example] ?? 1;
    }
    return { images, targets, weights };
  }

  #exampleAt(position: number): number {
    const count = this.#examples.labels.length;
    const number = Math.floor(position / count);
    if (number !== this.#pass.number)
      this.#pass = { number, order: shuffled(count, stream(this.#seed, `pass/${number}`)) };
    return this.#pass.order[position % count] ?? 0;
  }
}

/** An independent stream of chance for each purpose. */
export function stream(seed: number, purpose: string): () => number {
  return seededRandom(hash53(`${seed}/${purpose}`));
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

/** Moves an image by up to an eighth of its sides; the edge is repeated. */
function shifted(
  image: Uint8Array,
  { width, height, channels }: BatchShape,
  random: () => number,
): Uint8Array {
  const draw = (side: number): number => {
    const reach = Math.max(1, Math.floor(side / 8));
    return Math.floor(random() * (2 * reach + 1)) - reach;
  };
  const [right, down] = [draw(width), draw(height)];
  const result = new Uint8Array(image.length);
  const clamp = (place: number, side: number): number => Math.min(side - 1, Math.max(0, place));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (clamp(y - down, height) * width + clamp(x - right, width)) * channels;
      result.set(image.subarray(from, from + channels), (y * width + x) * channels);
    }
  return result;
}
