import type { Dim, Value } from './graph-builder.ts';
import type { Tape } from './tape.ts';

/**
 * Convolution with stride 1 that keeps the size of the image.
 *
 * @param x - `[batch][in][height][width]`.
 * @param weight - `[out][in][k][k]`, k odd.
 * @param bias - `[out]`.
 */
export function conv2d(tape: Tape, x: Value, weight: Value, bias: Value): Value {
  const { graph } = tape;
  const [batch, , height, width] = x.shape as [Dim, number, number, number];
  const [channels, , kernel] = weight.shape as [number, number, number, number];
  const pad = (kernel - 1) / 2;
  const pads = [pad, pad, pad, pad];
  const y = graph.node('Conv', [x, weight, bias], [batch, channels, height, width], {
    attributes: { kernel_shape: [kernel, kernel], pads },
  });
  return tape.record(y, [x, weight, bias], (gradient, [needsX]) => [
    needsX
      ? graph.node('ConvTranspose', [gradient, weight], x.shape, {
          attributes: { kernel_shape: [kernel, kernel], pads },
        })
      : null,
    weightGradient(tape, x, weight, gradient, pads),
    graph.node('ReduceSum', [gradient, graph.integers([0, 2, 3])], bias.shape, {
      attributes: { keepdims: 0 },
    }),
  ]);
}

/** Correlates the image with the gradient: a convolution whose batch is the input channels and whose kernel is the gradient. */
function weightGradient(
  tape: Tape,
  x: Value,
  weight: Value,
  gradient: Value,
  pads: readonly number[],
): Value {
  const { graph } = tape;
  const swap = { attributes: { perm: [1, 0, 2, 3] } };
  const [batch, inChannels, height, width] = x.shape as [Dim, number, number, number];
  const [outChannels, , kernel] = weight.shape as [number, number, number, number];
  const images = graph.node('Transpose', [x], [inChannels, batch, height, width], swap);
  const kernels = graph.node('Transpose', [gradient], [outChannels, batch, height, width], swap);
  const swapped = graph.node('Conv', [images, kernels], [inChannels, outChannels, kernel, kernel], {
    attributes: { kernel_shape: [height, width], pads },
  });
  return graph.node('Transpose', [swapped], weight.shape, swap);
}
