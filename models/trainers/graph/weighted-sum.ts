import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** `Σ factor · term` of scalars. The factors have no gradient. */
export function weightedSum(tape: Tape, parts: readonly { term: Value; factor: Value }[]): Value {
  const { graph } = tape;
  const products = parts.map(({ term, factor }) => graph.node('Mul', [term, factor], []));
  const sum = graph.node('Sum', products, []);
  return tape.record(
    sum,
    parts.map(({ term }) => term),
    (gradient) => parts.map(({ factor }) => graph.node('Mul', [gradient, factor], [])),
  );
}
