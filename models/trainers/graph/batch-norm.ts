import type { Dim, Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

export const batchNormEpsilon = 1e-5;
const perChannel = [0, 2, 3];

/**
 * Makes each channel's mean 0 and variance 1 over the batch, then scales and shifts it.
 *
 * @param x - `[batch][channels][height][width]`.
 * @param scale - `[channels]`.
 * @param shift - `[channels]`.
 * @returns `y` like `x`, and the batch's `mean` and `variance`, `[channels]`, which have no gradient.
 * @see Ioffe, Szegedy 2015, "Batch Normalization".
 */
export function batchNorm(
  tape: Tape,
  x: Value,
  scale: Value,
  shift: Value,
): { y: Value; mean: Value; variance: Value } {
  const { graph } = tape;
  const channels = scale.shape[0] ?? 0;
  const broad: readonly Dim[] = [1, channels, 1, 1];
  const mean = graph.node('ReduceMean', [x], broad, { attributes: { axes: perChannel } });
  const centred = graph.node('Sub', [x, mean], x.shape);
  const squares = graph.node('Mul', [centred, centred], x.shape);
  const variance = graph.node('ReduceMean', [squares], broad, { attributes: { axes: perChannel } });
  const padded = graph.node('Add', [variance, graph.scalar(batchNormEpsilon)], broad);
  const inverse = graph.node('Reciprocal', [graph.node('Sqrt', [padded], broad)], broad);
  const asBroad = (value: Value): Value =>
    graph.node('Reshape', [value, graph.integers([1, -1, 1, 1])], broad);
  const asFlat = (value: Value): Value => graph.node('Reshape', [value, graph.integers([-1])], scale.shape);
  const factor = graph.node('Mul', [inverse, asBroad(scale)], broad);
  const y = graph.node('Add', [graph.node('Mul', [centred, factor], x.shape), asBroad(shift)], x.shape);
  tape.record(y, [x, scale, shift], (gradient) => {
    const normal = graph.node('Mul', [centred, inverse], x.shape);
    const along = graph.node('Mul', [gradient, normal], x.shape);
    const meanOf = (value: Value): Value =>
      graph.node('ReduceMean', [value], broad, { attributes: { axes: perChannel } });
    const sumOf = (value: Value): Value =>
      graph.node('ReduceSum', [value, graph.integers(perChannel)], scale.shape, {
        attributes: { keepdims: 0 },
      });
    const level = graph.node('Sub', [gradient, meanOf(gradient)], x.shape);
    const slope = graph.node('Mul', [normal, meanOf(along)], x.shape);
    const toX = graph.node('Mul', [graph.node('Sub', [level, slope], x.shape), factor], x.shape);
    return [toX, sumOf(along), sumOf(gradient)];
  });
  return { y, mean: asFlat(mean), variance: asFlat(variance) };
}
