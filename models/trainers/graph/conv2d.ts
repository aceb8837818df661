import type { Attribute } from '../../onnx/attribute-proto.ts';
import type { Dim, Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/**
 * Convolution that keeps the size of the image, or with stride 2 halves it, rounded up.
 *
 * @param x - `[batch][in][height][width]`.
 * @param weight - `[out][in][k][k]`, k odd.
 * @param bias - `[out]`; null for none.
 */
export function conv2d(tape: Tape, x: Value, weight: Value, bias: Value | null, stride: 1 | 2 = 1): Value {
  const { graph } = tape;
  const [batch, , height, width] = x.shape as [Dim, number, number, number];
  const [channels, , kernel] = weight.shape as [number, number, number, number];
  const pad = (kernel - 1) / 2;
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const attributes: Record<string, Attribute> = {
    kernel_shape: [kernel, kernel],
    pads: [pad, pad, pad, pad],
    strides: [stride, stride],
  };
  const inputs = [x, weight, ...(bias ? [bias] : [])];
  const y = graph.node('Conv', inputs, [batch, channels, rows, columns], { attributes });
  return tape.record(y, inputs, (gradient, [needsX]) => [
    needsX
      ? graph.node('ConvTranspose', [gradient, weight], x.shape, {
          // Rows and columns that the last stride did not reach.
          attributes: {
            ...attributes,
            output_padding: [height - (rows - 1) * stride - 1, width - (columns - 1) * stride - 1],
          },
        })
      : null,
    weightGradient(tape, x, weight, gradient, stride),
    ...(bias
      ? [
          graph.node('ReduceSum', [gradient, graph.integers([0, 2, 3])], bias.shape, {
            attributes: { keepdims: 0 },
          }),
        ]
      : []),
  ]);
}

/** Each tap of the kernel saw a window of the image: the windows as columns, times the gradient. */
function weightGradient(tape: Tape, x: Value, weight: Value, gradient: Value, stride: 1 | 2): Value {
  const { graph } = tape;
  const [batch, inChannels, height, width] = x.shape as [Dim, number, number, number];
  const [outChannels, , kernel] = weight.shape as [number, number, number, number];
  const [, , rows, columns] = gradient.shape as [Dim, number, number, number];
  const pad = (kernel - 1) / 2;
  const padded =
    pad === 0
      ? x
      : graph.node(
          'Pad',
          [x, graph.integers([0, 0, pad, pad, 0, 0, pad, pad])],
          [batch, inChannels, height + 2 * pad, width + 2 * pad],
        );
  const window = (row: number, column: number): Value =>
    kernel === 1 && stride === 1
      ? x
      : graph.node(
          'Slice',
          [
            padded,
            graph.integers([row, column]),
            graph.integers([row + (rows - 1) * stride + 1, column + (columns - 1) * stride + 1]),
            graph.integers([2, 3]),
            graph.integers([stride, stride]),
          ],
          [batch, inChannels, rows, columns],
        );
  const taps = Array.from({ length: kernel * kernel }, (_, tap) =>
    window(Math.floor(tap / kernel), tap % kernel),
  );
  const depth = kernel * kernel * inChannels;
  const stacked =
    taps.length === 1
      ? (taps[0] as Value)
      : graph.node('Concat', taps, [batch, depth, rows, columns], { attributes: { axis: 1 } });
  const flat = (value: Value, channels: number): Value =>
    graph.node(
      'Reshape',
      [value, graph.integers([-1, channels, rows * columns])],
      [batch, channels, rows * columns],
    );
  const turned = graph.node('Transpose', [flat(stacked, depth)], [batch, rows * columns, depth], {
    attributes: { perm: [0, 2, 1] },
  });
  const products = graph.node('MatMul', [flat(gradient, outChannels), turned], [batch, outChannels, depth]);
  const sum = graph.node('ReduceSum', [products, graph.integers([0])], [outChannels, depth], {
    attributes: { keepdims: 0 },
  });
  const byTap = graph.node(
    'Reshape',
    [sum, graph.integers([outChannels, kernel, kernel, inChannels])],
    [outChannels, kernel, kernel, inChannels],
  );
  return graph.node('Transpose', [byTap], weight.shape, { attributes: { perm: [0, 3, 1, 2] } });
}
