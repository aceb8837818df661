import type { Dim, Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** `[batch][a][b][c]` → `[batch][a·b·c]`. */
export function flatten(tape: Tape, x: Value): Value {
  const { graph } = tape;
  const [batch, ...rest] = x.shape as [Dim, ...number[]];
  const size = rest.reduce((product, dim) => product * dim, 1);
  const y = graph.node('Flatten', [x], [batch, size], { attributes: { axis: 1 } });
  return tape.record(y, [x], (gradient) => [
    graph.node('Reshape', [gradient, graph.integers([-1, ...rest])], x.shape),
  ]);
}
