import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** `max(x, 0)`; its slope at 0 is 0. */
export function relu(tape: Tape, x: Value): Value {
  const { graph } = tape;
  const y = graph.node('Relu', [x], x.shape);
  return tape.record(y, [x], (gradient) => {
    const isOpen = graph.node('Greater', [y, graph.scalar(0)], x.shape, { type: 'bool' });
    return [graph.node('Where', [isOpen, gradient, graph.scalar(0)], x.shape)];
  });
}
