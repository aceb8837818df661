import type { Value } from '../../onnx/value-info.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';

/** A tensor of a network. All of them together travel as one vector, in the order of their list. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** How it begins: He-normal, or a number everywhere. */
  readonly start: 'he-normal' | number;
  /** Weights decay; biases and scales do not. */
  readonly decays: boolean;
  /** Measured while training, not learnt. Such parameters stand at the end of the list. */
  readonly isStatistic?: boolean;
}

export function sizeOf({ shape }: Pick<Parameter, 'shape'>): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Number of all parameters together: the length of the vector. */
export function lengthOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + sizeOf(parameter), 0);
}

/** The tensor of a name. @throws Error when there is none. */
export function tensorNamed(tensors: ReadonlyMap<string, Value>, name: string): Value {
  const value = tensors.get(name);
  if (!value) throw new Error(`no parameter ${name}`);
  return value;
}

/** Cuts the vector of all parameters into tensors, by name. */
export function fedParameters(
  graph: GraphBuilder,
  vector: Value,
  parameters: readonly Parameter[],
): Map<string, Value> {
  const sizes = parameters.map(sizeOf);
  const parts = graph.nodes(
    'Split',
    [vector, graph.integers(sizes)],
    sizes.map((size) => ({ shape: [size], type: 'float32' as const })),
    { axis: 0 },
  );
  return new Map(
    parameters.map(({ name, shape }, index) => [
      name,
      graph.node('Reshape', [parts[index] as Value, graph.integers(shape)], shape),
    ]),
  );
}

/** Stores the vector in the graph's file as tensors, by name. */
export function storedParameters(
  graph: GraphBuilder,
  vector: Float32Array,
  parameters: readonly Parameter[],
): Map<string, Value> {
  let start = 0;
  return new Map(
    parameters.map((parameter) => {
      const { name, shape } = parameter;
      const data = vector.subarray(start, (start += sizeOf(parameter)));
      return [name, graph.initializer(name, data, shape)];
    }),
  );
}
