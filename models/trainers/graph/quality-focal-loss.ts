import type { Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/**
 * Quality focal loss, `Σ w · (p − q)² · BCE(p, q)` with `p = sigmoid(logit)`: what is already told well counts little, so a few objects
 * are not drowned by much background. A scalar.
 *
 * @param logits - `[batch][1][height][width]`.
 * @param qualities - Of the same shape, 0..1: how good the object at this place is; 0 where there is none.
 * @param weights - `[batch][1][1][1]`, ≥ 0.
 * @see Li et al. 2020, "Generalized Focal Loss", with β = 2.
 */
export function qualityFocalLoss(tape: Tape, logits: Value, qualities: Value, weights: Value): Value {
  const { graph } = tape;
  const { shape } = logits;
  const op = (name: string, ...inputs: Value[]): Value => graph.node(name, inputs, shape);
  const probability = op('Sigmoid', logits);
  const excess = op('Sub', probability, qualities);
  const focus = op('Mul', excess, excess);
  const entropy = op('Sub', op('Softplus', logits), op('Mul', qualities, logits));
  const weighted = op('Mul', op('Mul', focus, entropy), weights);
  const loss = graph.node('ReduceSum', [weighted], [], { attributes: { keepdims: 0 } });
  return tape.record(loss, [logits], (gradient) => {
    // d/dlogit = (p − q)³ + 2 (p − q) p (1 − p) BCE
    const spread = op('Mul', probability, op('Sub', graph.scalar(1), probability));
    const pull = op('Mul', op('Mul', spread, entropy), graph.scalar(2));
    const slope = op('Mul', excess, op('Add', focus, pull));
    return [op('Mul', op('Mul', slope, weights), gradient)];
  });
}
