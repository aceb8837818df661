import type { ImageShape } from './decode-image.ts';

/** Names {@link pixelEmbedding}; another rule gets another number. */
export const pixelEmbeddingName = 'pixels-1';

/** Cells a side. */
const side = 8;
/** Gives a plain grey image a direction too. */
const constant = 0.1;

/**
 * A feature vector for models without one: what the model is fed, as 8 × 8 cells. Each number is the mean of a cell in a channel, from −1
 * (black) to 1; the last is a constant. It tells near-copies and light from dark, and nothing of what is shown.
 *
 * @param pixels - `[height][width][channels]`.
 * @returns `[64 · channels + 1]`, of no certain length.
 */
export function pixelEmbedding(
  pixels: Uint8Array,
  { width, height, channels }: Pick<ImageShape, 'width' | 'height' | 'channels'>,
): Float32Array {
  const vector = new Float32Array(side * side * channels + 1);
  const sums = new Float64Array(side * side * channels);
  const counts = new Float64Array(side * side);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * side) / height) * side + Math.floor((x * side) / width);
      counts[cell] = (counts[cell] ?? 0) + 1;
      for (let channel = 0; channel < channels; channel++, at++) {
        const place = cell * channels + channel;
        sums[place] = (sums[place] ?? 0) + (pixels[at] ?? 0);
      }
    }
  // Of an input narrower than the cells, some hold no pixel.
  sums.forEach((sum, place) => {
    const count = counts[Math.floor(place / channels)] ?? 0;
    vector[place] = count === 0 ? 0 : sum / count / 127.5 - 1;
  });
  vector[sums.length] = constant;
  return vector;
}
