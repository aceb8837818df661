import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** `½ Σ strength · x²`; a scalar. @param strengths - ≥ 0, of a shape that stretches to that of `x`; without gradient. */
export function l2Penalty(tape: Tape, x: Value, strengths: Value): Value {
  const { graph } = tape;
  const pull = graph.node('Mul', [x, strengths], x.shape);
  const squares = graph.node('Mul', [x, pull], x.shape);
  const sum = graph.node('ReduceSum', [squares], [], { attributes: { keepdims: 0 } });
  const penalty = graph.node('Mul', [sum, graph.scalar(0.5)], []);
  return tape.record(penalty, [x], (gradient) => [graph.node('Mul', [pull, gradient], x.shape)]);
}
