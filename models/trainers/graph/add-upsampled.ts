import type { Dim, Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/**
 * Adds a map of half the size to a map: each of its places counts for a 2×2 block.
 *
 * @param fine - `[batch][channels][2·height][2·width]`.
 * @param coarse - `[batch][channels][height][width]`.
 */
export function addUpsampled(tape: Tape, fine: Value, coarse: Value): Value {
  const { graph } = tape;
  const [batch, channels, height, width] = coarse.shape as [Dim, number, number, number];
  const blocks = [batch, channels, height, 2, width, 2];
  const inBlocks = (value: Value): Value =>
    graph.node('Reshape', [value, graph.integers([-1, channels, height, 2, width, 2])], blocks);
  const single = graph.integers([-1, channels, height, 1, width, 1]);
  const spread = graph.node('Reshape', [coarse, single], [batch, channels, height, 1, width, 1]);
  const sum = graph.node('Add', [inBlocks(fine), spread], blocks);
  const y = graph.node('Reshape', [sum, graph.integers([-1, channels, 2 * height, 2 * width])], fine.shape);
  return tape.record(y, [fine, coarse], (gradient) => [
    gradient,
    graph.node('ReduceSum', [inBlocks(gradient), graph.integers([3, 5])], coarse.shape, {
      attributes: { keepdims: 0 },
    }),
  ]);
}
