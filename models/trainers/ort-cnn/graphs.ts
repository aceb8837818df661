import { adamw } from '../graph/adamw.ts';
import type { GraphBuilder, Value } from '../graph/graph-builder.ts';
import { softmaxCrossEntropy } from '../graph/softmax-cross-entropy.ts';
import { Tape } from '../graph/tape.ts';
import { network, parameterShapes, sizeOf, type NetworkShape, type ParameterShape } from './network.ts';

/** Number of all parameters together: the length of each vector of the state. */
export function parameterCount(shape: NetworkShape): number {
  return parameterShapes(shape).reduce((sum, parameter) => sum + sizeOf(parameter), 0);
}

/**
 * One training step as a graph: forward, backward, AdamW. All parameters travel as one vector, in the order of `parameterShapes`.
 *
 * Inputs: `images`, `targets`, `weights`, `rate`, `first_correction`, `second_correction`, and the state: the vectors `value`,
 * `first`, `second`. Outputs: `loss` before the step, and the new state `next_value`, `next_first`, `next_second`.
 */
export function trainingGraph(shape: NetworkShape, batch: number, weightDecay: number): Uint8Array {
  const tape = new Tape();
  const { graph } = tape;
  const { input, classes } = shape;
  const images = graph.input('images', 'uint8', [batch, input.height, input.width, input.channels]);
  const targets = graph.input('targets', 'float32', [batch, classes]);
  const weights = graph.input('weights', 'float32', [batch, 1]);
  const rates = {
    rate: graph.input('rate', 'float32', []),
    firstCorrection: graph.input('first_correction', 'float32', []),
    secondCorrection: graph.input('second_correction', 'float32', []),
  };
  const length = [parameterCount(shape)];
  const value = graph.input('value', 'float32', length);
  const moments = {
    first: graph.input('first', 'float32', length),
    second: graph.input('second', 'float32', length),
  };

  const parameters = split(graph, value, parameterShapes(shape));
  for (const parameter of parameters.values()) tape.parameter(parameter);
  const { logits } = network(tape, images, parameters, shape);
  const loss = softmaxCrossEntropy(tape, logits, targets, weights);
  const flat = tape
    .gradients(loss, [...parameters.values()])
    .map((part) => graph.node('Reshape', [part, graph.integers([-1])], ['part']));
  const gradient = graph.node('Concat', flat, length, { attributes: { axis: 0 } });
  const next = adamw(graph, value, gradient, moments, rates, decayOf(graph, shape, weightDecay));

  graph.output(loss, 'loss');
  graph.output(next.parameter, 'next_value');
  graph.output(next.moments.first, 'next_first');
  graph.output(next.moments.second, 'next_second');
  return graph.build('training_step');
}

/** Forward only, any batch. Inputs: `images` and the vector `value`; output: `logits`. */
export function evaluationGraph(shape: NetworkShape): Uint8Array {
  const tape = new Tape();
  const value = tape.graph.input('value', 'float32', [parameterCount(shape)]);
  const parameters = split(tape.graph, value, parameterShapes(shape));
  tape.graph.output(network(tape, imagesInput(tape, shape), parameters, shape).logits, 'logits');
  return tape.graph.build('evaluation');
}

/**
 * The model as it is shipped: weights inside. Input `images`; outputs `probabilities` and `embedding`.
 *
 * @param temperature - Logits are divided by it.
 */
export function modelGraph(shape: NetworkShape, value: Float32Array, temperature: number): Uint8Array {
  const tape = new Tape();
  const { graph } = tape;
  const parameters = new Map<string, Value>();
  let start = 0;
  for (const parameter of parameterShapes(shape)) {
    const end = start + sizeOf(parameter);
    parameters.set(
      parameter.name,
      graph.initializer(parameter.name, value.subarray(start, end), parameter.shape),
    );
    start = end;
  }
  const { logits, features } = network(tape, imagesInput(tape, shape), parameters, shape);
  const cooled = graph.node('Div', [logits, graph.scalar(temperature)], logits.shape);
  graph.output(graph.node('Softmax', [cooled], logits.shape, { attributes: { axis: 1 } }), 'probabilities');
  graph.output(features, 'embedding');
  return graph.build('classifier');
}

function imagesInput({ graph }: Tape, { input }: NetworkShape): Value {
  return graph.input('images', 'uint8', ['batch', input.height, input.width, input.channels]);
}

/** Cuts the vector of all parameters into tensors. */
function split(
  graph: GraphBuilder,
  vector: Value,
  parameters: readonly ParameterShape[],
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

function decayOf(graph: GraphBuilder, shape: NetworkShape, weightDecay: number): Value {
  const parts = parameterShapes(shape).map((parameter) =>
    new Array<number>(sizeOf(parameter)).fill(parameter.decays ? weightDecay : 0),
  );
  return graph.initializer('decay', Float32Array.from(parts.flat()), [parameterCount(shape)]);
}
