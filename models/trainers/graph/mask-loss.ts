import type { Dim, Value } from '../../onnx/value-info.ts';
import type { Tape } from './tape.ts';

/** Which cells have a mask to learn, and that mask. */
export interface MaskTruth {
  /** `[batch][masks][cells]`: 1 at the cell that stands for the mask's object. */
  readonly chosen: Value;
  /** `[batch][masks][height · width]`: how much each place of the mask counts. */
  readonly inside: Value;
  /** Of the same shape: that weight, times how much of the place the object covers, 0..1. */
  readonly covered: Value;
}

/**
 * `Σ w · BCE(sigmoid(mask), covered)` of masks that are mixed from prototypes by the coefficients of their cells. A scalar.
 *
 * @param coefficients - `[batch][prototypes][rows][columns]`.
 * @param prototypes - `[batch][prototypes][height][width]`.
 * @see Bolya et al. 2019, "YOLACT".
 */
export function maskLoss(
  tape: Tape,
  coefficients: Value,
  prototypes: Value,
  { chosen, inside, covered }: MaskTruth,
): Value {
  const { graph } = tape;
  const [batch] = inside.shape as [Dim];
  const flat = (value: Value): Value => {
    const [, channels, height, width] = value.shape as [Dim, number, number, number];
    const shape = [batch, channels, height * width];
    return graph.node('Reshape', [value, graph.integers([-1, channels, height * width])], shape);
  };
  const turned = (value: Value): Value => {
    const [, rows, columns] = value.shape as [Dim, Dim, Dim];
    return graph.node('Transpose', [value], [batch, columns, rows], { attributes: { perm: [0, 2, 1] } });
  };
  const product = (one: Value, other: Value): Value =>
    graph.node('MatMul', [one, other], [batch, one.shape[1] as Dim, other.shape[2] as Dim]);
  const op = (name: string, ...inputs: Value[]): Value => graph.node(name, inputs, inside.shape);

  const pictures = flat(prototypes);
  /** `[batch][masks][prototypes]` */
  const recipes = product(chosen, turned(flat(coefficients)));
  const logits = product(recipes, pictures);
  const terms = op('Sub', op('Mul', inside, op('Softplus', logits)), op('Mul', covered, logits));
  const loss = graph.node('ReduceSum', [terms], [], { attributes: { keepdims: 0 } });
  return tape.record(loss, [coefficients, prototypes], (gradient) => {
    const excess = op('Sub', op('Mul', inside, op('Sigmoid', logits)), covered);
    const slope = op('Mul', excess, gradient);
    const like = (value: Value, part: Value): Value =>
      graph.node('Reshape', [part, graph.integers([-1, ...(value.shape.slice(1) as number[])])], value.shape);
    return [
      like(coefficients, product(turned(product(slope, turned(pictures))), chosen)),
      like(prototypes, product(turned(recipes), slope)),
    ];
  });
}
