import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

const leastTotal = 1e-6;

/**
 * Mean of `−log p(true class)`, examples counted by weight; a scalar, 0 when no example counts.
 *
 * @param logits - `[batch][classes]`, or `[batch][classes][height][width]` when each place is an example.
 * @param targets - Of the same shape, one-hot.
 * @param weights - `[batch][1]` or `[batch][1][height][width]`, ≥ 0.
 */
export function softmaxCrossEntropy(tape: Tape, logits: Value, targets: Value, weights: Value): Value {
  const { graph } = tape;
  const { shape } = logits;
  const total = graph.node('ReduceSum', [weights], [], { attributes: { keepdims: 0 } });
  const least = graph.node('Max', [total, graph.scalar(leastTotal)], []);
  const shares = graph.node('Div', [weights, least], weights.shape);
  const logs = graph.node('LogSoftmax', [logits], shape, { attributes: { axis: 1 } });
  const chosen = graph.node('Mul', [logs, targets], shape);
  const weighted = graph.node('Mul', [chosen, shares], shape);
  const sum = graph.node('ReduceSum', [weighted], [], { attributes: { keepdims: 0 } });
  const loss = graph.node('Neg', [sum], []);
  return tape.record(loss, [logits], (gradient) => {
    const probabilities = graph.node('Exp', [logs], shape);
    const excess = graph.node('Sub', [probabilities, targets], shape);
    const shared = graph.node('Mul', [excess, shares], shape);
    return [graph.node('Mul', [shared, gradient], shape)];
  });
}
