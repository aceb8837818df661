import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/**
 * `Σ −w · ln IoU` of boxes that are told as distances from one place inside both: to the left, top, right and bottom side.
 *
 * @param distances - `[batch][4][height][width]`, > 0.
 * @param truth - Of the same shape, > 0.
 * @param weights - `[batch][1][height][width]`; 0 where there is no box.
 * @returns `loss`, a scalar, and `overlap`, `[batch][1][height][width]`: the IoU, which has no gradient.
 * @see Yu et al. 2016, "UnitBox".
 */
export function boxOverlapLoss(
  tape: Tape,
  distances: Value,
  truth: Value,
  weights: Value,
): { loss: Value; overlap: Value } {
  const { graph } = tape;
  const { shape } = weights;
  const op = (name: string, ...inputs: Value[]): Value => graph.node(name, inputs, shape);
  const sides = (value: Value): { width: Value; height: Value } => {
    const [left, top, right, bottom] = graph.nodes(
      'Split',
      [value, graph.integers([1, 1, 1, 1])],
      Array.from({ length: 4 }, () => ({ shape, type: 'float32' as const })),
      { axis: 1 },
    ) as [Value, Value, Value, Value];
    return { width: op('Add', left, right), height: op('Add', top, bottom) };
  };
  const box = sides(distances);
  const real = sides(truth);
  const common = sides(graph.node('Min', [distances, truth], distances.shape));
  const shared = op('Mul', common.width, common.height);
  const areas = op('Add', op('Mul', box.width, box.height), op('Mul', real.width, real.height));
  const union = op('Sub', areas, shared);
  const overlap = op('Div', shared, union);
  const weighted = op('Mul', op('Log', overlap), weights);
  const loss = graph.node(
    'Neg',
    [graph.node('ReduceSum', [weighted], [], { attributes: { keepdims: 0 } })],
    [],
  );
  tape.record(loss, [distances], (gradient) => {
    // −ln IoU = ln(union) − ln(shared): a distance moves the box's area, and the shared one only where it is the smaller.
    const byArea = op('Div', weights, union);
    const byShared = op('Add', byArea, op('Div', weights, shared));
    const both = (across: Value, down: Value, by: Value): Value => {
      const [acrossPart, downPart] = [op('Mul', down, by), op('Mul', across, by)];
      const parts = [acrossPart, downPart, acrossPart, downPart];
      return graph.node('Concat', parts, distances.shape, { attributes: { axis: 1 } });
    };
    const isSmaller = graph.node('Less', [distances, truth], distances.shape, { type: 'bool' });
    const pull = graph.node(
      'Where',
      [isSmaller, both(common.width, common.height, byShared), graph.scalar(0)],
      distances.shape,
    );
    const push = both(box.width, box.height, byArea);
    return [graph.node('Mul', [graph.node('Sub', [push, pull], distances.shape), gradient], distances.shape)];
  });
  return { loss, overlap };
}
