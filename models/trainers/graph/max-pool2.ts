import type { Dim, Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** The largest of each 2×2 block. An odd last row or column is left out. `x` is `[batch][channels][height][width]`. */
export function maxPool2(tape: Tape, x: Value): Value {
  const { graph } = tape;
  const [batch, channels, height, width] = x.shape as [Dim, number, number, number];
  const shape = [batch, channels, Math.floor(height / 2), Math.floor(width / 2)];
  const [y, indices] = graph.nodes(
    'MaxPool',
    [x],
    [
      { shape, type: 'float32' },
      { shape, type: 'int64' },
    ],
    { kernel_shape: [2, 2], strides: [2, 2] },
  ) as [Value, Value];
  return tape.record(y, [x], (gradient) => {
    // Blocks do not overlap, so each gradient has a place of its own in the flattened image.
    const flat = (value: Value): Value =>
      graph.node('Reshape', [value, graph.integers([-1])], ['flat'], { type: value.type });
    const zeros = graph.node('Mul', [flat(x), graph.scalar(0)], ['flat']);
    const scattered = graph.node('ScatterElements', [zeros, flat(indices), flat(gradient)], ['flat'], {
      attributes: { axis: 0 },
    });
    return [graph.node('Reshape', [scattered, graph.integers([-1, channels, height, width])], x.shape)];
  });
}
