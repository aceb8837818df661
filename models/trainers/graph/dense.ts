import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** `x · weight + bias`, with `x` `[batch][in]`, `weight` `[in][out]`, `bias` `[out]`. */
export function dense(tape: Tape, x: Value, weight: Value, bias: Value): Value {
  const { graph } = tape;
  const y = graph.node('Gemm', [x, weight, bias], [x.shape[0] ?? 0, weight.shape[1] ?? 0]);
  return tape.record(y, [x, weight, bias], (gradient, [needsX]) => [
    needsX ? graph.node('Gemm', [gradient, weight], x.shape, { attributes: { transB: 1 } }) : null,
    graph.node('Gemm', [x, gradient], weight.shape, { attributes: { transA: 1 } }),
    graph.node('ReduceSum', [gradient, graph.integers([0])], bias.shape, { attributes: { keepdims: 0 } }),
  ]);
}
