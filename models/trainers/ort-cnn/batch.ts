import { Tensor } from 'onnxruntime-node';
import type { ClassifiedImages } from './classified-images.ts';
import type { NetworkShape } from './network.ts';

/**
 * The feeds of a training step.
 *
 * @param places - Places of the step's images in the set.
 * @param shift - Moves the images at random by its numbers; null leaves them as they are.
 */
export function batchOf(
  { pixels, labels, weights }: ClassifiedImages,
  places: readonly number[],
  { input, classes }: NetworkShape,
  shift: (() => number) | null,
): Record<string, Tensor> {
  const rows = places.length;
  const { width, height, channels } = input;
  const size = width * height * channels;
  const images = new Uint8Array(rows * size);
  const targets = new Float32Array(rows * classes);
  for (const [row, place] of places.entries()) {
    const image = pixels.subarray(place * size, (place + 1) * size);
    images.set(shift ? shifted(image, input, shift) : image, row * size);
    targets[row * classes + (labels[place] ?? 0)] = 1;
  }
  return {
    images: new Tensor('uint8', images, [rows, height, width, channels]),
    targets: new Tensor('float32', targets, [rows, classes]),
    weights: new Tensor(
      'float32',
      Float32Array.from(places, (place) => weights[place] ?? 1),
      [rows, 1],
    ),
  };
}

/** Moves an image by up to an eighth of its sides; the edge is repeated. */
function shifted(
  image: Uint8Array,
  { width, height, channels }: NetworkShape['input'],
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
