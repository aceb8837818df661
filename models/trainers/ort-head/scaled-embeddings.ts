import type { Head, HeadShape } from './graphs.ts';

/** Where a training set's embeddings lie, and how wide they spread: one number for all, so that their directions stay. */
export interface Middle {
  readonly mean: Float64Array;
  readonly spread: number;
}

/** @param embeddings - `[count][numbers]`. */
export function middleOf(embeddings: Float32Array, numbers: number): Middle {
  const count = embeddings.length / numbers;
  const mean = new Float64Array(numbers);
  for (const [index, number] of embeddings.entries())
    mean[index % numbers] = (mean[index % numbers] ?? 0) + number / count;
  let squares = 0;
  for (const [index, number] of embeddings.entries()) squares += (number - (mean[index % numbers] ?? 0)) ** 2;
  const spread = Math.sqrt(squares / embeddings.length);
  // Embeddings that are all the same have no spread; 1 leaves them as they are.
  return { mean, spread: spread > 0 ? spread : 1 };
}

/** Embeddings around 0, with a spread of 1. */
export function scaled(embeddings: Float32Array, { mean, spread }: Middle): Float32Array {
  return embeddings.map((number, index) => (number - (mean[index % mean.length] ?? 0)) / spread);
}

/** One head of several as it reads embeddings that are not scaled, its logits divided by the temperature. */
export function headOf(
  value: Float32Array,
  { numbers, classes, strengths }: HeadShape,
  place: number,
  { mean, spread }: Middle,
  temperature: number,
): Head {
  const heads = strengths.length;
  const weight = new Float32Array(numbers * classes);
  const bias = Float32Array.from({ length: classes }, (_, column) => {
    let start = value[(numbers * classes + column) * heads + place] ?? NaN;
    for (let row = 0; row < numbers; row++) {
      const factor = (value[(row * classes + column) * heads + place] ?? NaN) / spread;
      weight[row * classes + column] = factor / temperature;
      start -= factor * (mean[row] ?? 0);
    }
    return start / temperature;
  });
  return { weight, bias };
}
