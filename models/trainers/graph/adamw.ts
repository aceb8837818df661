import type { Value } from '../../onnx/value-info.ts';
import type { GraphBuilder } from './graph-builder.ts';

export interface AdamWInputs {
  /** Learning rate of this step; a scalar. */
  readonly rate: Value;
  /** `1 / (1 − β₁ᵗ)`; a scalar. */
  readonly firstCorrection: Value;
  /** `1 / (1 − β₂ᵗ)`; a scalar. */
  readonly secondCorrection: Value;
}

export interface Moments {
  readonly first: Value;
  readonly second: Value;
}

export const adamBetas = [0.9, 0.999] as const;
const epsilon = 1e-8;

/**
 * One step of AdamW: Adam with the weight decay apart from the gradient.
 *
 * @param decay - Share of each parameter that is taken away a step, times the rate; of the parameter's shape.
 * @see Loshchilov, Hutter 2019, "Decoupled Weight Decay Regularization".
 */
export function adamw(
  graph: GraphBuilder,
  parameter: Value,
  gradient: Value,
  moments: Moments,
  { rate, firstCorrection, secondCorrection }: AdamWInputs,
  decay: Value,
): { parameter: Value; moments: Moments } {
  const { shape } = parameter;
  const op = (name: string, ...inputs: Value[]): Value => graph.node(name, inputs, shape);
  const blend = (old: Value, fresh: Value, beta: number): Value =>
    op('Add', op('Mul', old, graph.scalar(beta)), op('Mul', fresh, graph.scalar(1 - beta)));
  const first = blend(moments.first, gradient, adamBetas[0]);
  const second = blend(moments.second, op('Mul', gradient, gradient), adamBetas[1]);
  const spread = op('Add', op('Sqrt', op('Mul', second, secondCorrection)), graph.scalar(epsilon));
  const direction = op('Div', op('Mul', first, firstCorrection), spread);
  const pull = op('Add', direction, op('Mul', parameter, decay));
  return { parameter: op('Sub', parameter, op('Mul', pull, rate)), moments: { first, second } };
}
