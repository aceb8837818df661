import { Tensor } from 'onnxruntime-node';
import type { ModelCard } from '../card.ts';
import { Pixels, type Scaling } from '../images/pixels.ts';

let pixels: Pixels | undefined;

/**
 * Lays decoded images (bytes `[height][width][channels]`) out as the card wants them. The tensor holds until the next call on this thread.
 *
 * @param rows - Rows of the tensor; those past the images stay zero, for models with a fixed batch.
 */
export function inputTensor(
  { input }: Pick<ModelCard, 'input'>,
  images: readonly Uint8Array[],
  rows = images.length,
): Tensor {
  const { width, height, channels, layout } = input;
  const dims = layout === 'NHWC' ? [rows, height, width, channels] : [rows, channels, height, width];
  if (input.dtype === 'float32' && layout === 'NCHW' && channels === 3) {
    pixels ??= new Pixels();
    const planes = pixels.planes(images, { pixels: width * height, rows, scaling: scalingOf(input) });
    return new Tensor('float32', planes, dims);
  }
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
  const { width, height, channels, layout } = input;
  const { factors, offsets } = scalingOf(input);
  const area = width * height;
  return Float32Array.from(bytes, (byte, index) => {
    const channel = layout === 'NHWC' ? index % channels : Math.floor(index / area) % channels;
    return byte * (factors[channel] ?? 1) + (offsets[channel] ?? 0);
  });
}

/** `(byte * scale - mean) / std`, as one factor and one offset by channel. */
function scalingOf({ normalisation, scale = 1, mean = [], std = [] }: ModelCard['input']): Scaling {
  if (normalisation === 'in-graph') return { factors: [1, 1, 1], offsets: [0, 0, 0] };
  const factor = (channel: number) => scale / (std[channel] ?? 1);
  const offset = (channel: number) => -(mean[channel] ?? 0) / (std[channel] ?? 1);
  return {
    factors: [factor(0), factor(1), factor(2)],
    offsets: [offset(0), offset(1), offset(2)],
  };
}
