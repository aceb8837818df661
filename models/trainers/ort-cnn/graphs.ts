import type { Value } from '../../onnx/value-info.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { softmaxCrossEntropy } from '../graph/softmax-cross-entropy.ts';
import { Tape } from '../graph/tape.ts';
import { fedParameters, lengthOf, storedParameters } from '../learning/parameters.ts';
import { trainingGraph } from '../learning/training-graph.ts';
import { network, networkParameters, type NetworkShape } from './network.ts';

/** One training step. Inputs besides those of {@link trainingGraph}: `images`, `targets`, `weights`. */
export function classifierTrainingGraph(shape: NetworkShape, batch: number, weightDecay: number): Uint8Array {
  return trainingGraph(networkParameters(shape), weightDecay, (tape, parameters) => {
    const { graph } = tape;
    const { input, classes } = shape;
    const images = graph.input('images', 'uint8', [batch, input.height, input.width, input.channels]);
    const targets = graph.input('targets', 'float32', [batch, classes]);
    const weights = graph.input('weights', 'float32', [batch, 1]);
    const { logits } = network(tape, images, parameters, shape);
    return { loss: softmaxCrossEntropy(tape, logits, targets, weights) };
  });
}

/** Forward only, any batch. Inputs: `images` and the vector `value`; output: `logits`. */
export function evaluationGraph(shape: NetworkShape): Uint8Array {
  const tape = new Tape();
  const all = networkParameters(shape);
  const parameters = fedParameters(tape.graph, tape.graph.input('value', 'float32', [lengthOf(all)]), all);
  const { logits } = network(tape, imagesInput(tape.graph, shape), parameters, shape);
  tape.graph.output(logits, 'logits');
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
  const parameters = storedParameters(graph, value, networkParameters(shape));
  const { logits, features } = network(tape, imagesInput(graph, shape), parameters, shape);
  const cooled = graph.node('Div', [logits, graph.scalar(temperature)], logits.shape);
  graph.output(graph.node('Softmax', [cooled], logits.shape, { attributes: { axis: 1 } }), 'probabilities');
  graph.output(features, 'embedding');
  return graph.build('classifier');
}

function imagesInput(graph: GraphBuilder, { input }: NetworkShape): Value {
  return graph.input('images', 'uint8', ['batch', input.height, input.width, input.channels]);
}
