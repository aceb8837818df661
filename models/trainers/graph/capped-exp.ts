import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** `exp(x)`, at most `cap`. Beyond it the slope stays that at the cap, so that there is a way back. */
export function cappedExp(tape: Tape, x: Value, cap: number): Value {
  const { graph } = tape;
  const y = graph.node('Exp', [graph.node('Min', [x, graph.scalar(Math.log(cap))], x.shape)], x.shape);
  return tape.record(y, [x], (gradient) => [graph.node('Mul', [gradient, y], x.shape)]);
}
