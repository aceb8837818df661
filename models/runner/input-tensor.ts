import { Tensor } from 'onnxruntime-node';
import type { ModelCard } from '../card.ts';

/**
 * Lays decoded images (bytes `[height][width][channels]`) out as the card wants them.
 *
 * @param rows - Rows of the tensor; those past the images stay zero, for models with a fixed batch.
 */
export function inputTensor(
  { input }: ModelCard,
  images: readonly Uint8Array[],
  rows = images.length,
): Tensor {
  const { width, height, channels, layout } = input;
  const dims = layout === 'NHWC' ? [rows, height, width, channels] : [rows, channels, height, width];
  const size = width * height * channels;
  const bytes = new Uint8Array(rows * size);
  for (const [index, image] of images.entries())
    bytes.set(layout === 'NHWC' ? image : planes(image, channels), index * size);
  if (input.dtype === 'uint8') return new Tensor('uint8', bytes, dims);
  return new Tensor('float32', normalised(bytes, input), dims);
}

function planes(image: Uint8Array, channels: number): Uint8Array {
  const pixels = image.length / channels;
  const result = new Uint8Array(image.length);
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++)
      result[channel * pixels + pixel] = image[pixel * channels + channel] ?? 0;
  return result;
}

function normalised(bytes: Uint8Array, input: ModelCard['input']): Float32Array {
  if (input.normalisation === 'in-graph') return Float32Array.from(bytes);
  const { width, height, channels, layout, scale = 1, mean = [], std = [] } = input;
  const area = width * height;
  return Float32Array.from(bytes, (byte, index) => {
    const channel = layout === 'NHWC' ? index % channels : Math.floor(index / area) % channels;
    return (byte * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  });
}
