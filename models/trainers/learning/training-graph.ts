import { adamw } from '../graph/adamw.ts';
import type { Value } from '../../onnx/value-info.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { Tape } from '../graph/tape.ts';
import { fedParameters, lengthOf, sizeOf, tensorNamed, type Parameter } from './parameters.ts';

export interface Forward {
  /** A scalar. */
  readonly loss: Value;
  /** The next value of each statistic, by its name. */
  readonly statistics?: ReadonlyMap<string, Value>;
}

/**
 * One training step as a graph: forward, backward, AdamW.
 *
 * Inputs: those of `forward`, `rate`, `first_correction`, `second_correction`, and the state: the vectors `value`, `first`, `second`.
 * Outputs: `loss` before the step, and the new state `next_value`, `next_first`, `next_second`.
 *
 * @param forward - Writes the way to the loss.
 */
export function trainingGraph(
  parameters: readonly Parameter[],
  weightDecay: number,
  forward: (tape: Tape, parameters: ReadonlyMap<string, Value>) => Forward,
): Uint8Array {
  const tape = new Tape();
  const { graph } = tape;
  const rates = {
    rate: graph.input('rate', 'float32', []),
    firstCorrection: graph.input('first_correction', 'float32', []),
    secondCorrection: graph.input('second_correction', 'float32', []),
  };
  const length = [lengthOf(parameters)];
  const value = graph.input('value', 'float32', length);
  const moments = {
    first: graph.input('first', 'float32', length),
    second: graph.input('second', 'float32', length),
  };

  const values = fedParameters(graph, value, parameters);
  const learnt = parameters
    .filter(({ isStatistic }) => !isStatistic)
    .map(({ name }) => tensorNamed(values, name));
  const measured = parameters.filter(({ isStatistic }) => isStatistic);
  for (const parameter of learnt) tape.parameter(parameter);
  const { loss, statistics = new Map<string, Value>() } = forward(tape, values);

  const still = graph.initializer('still', new Float32Array(lengthOf(measured)), [lengthOf(measured)]);
  const gradient = joined(graph, [...tape.gradients(loss, learnt), still], length);
  const next = adamw(graph, value, gradient, moments, rates, decays(graph, parameters, weightDecay));
  const learntLength = lengthOf(parameters) - lengthOf(measured);
  const [moved] = graph.nodes(
    'Split',
    [next.parameter, graph.integers([learntLength, lengthOf(measured)])],
    [learntLength, lengthOf(measured)].map((size) => ({ shape: [size], type: 'float32' as const })),
    { axis: 0 },
  ) as [Value];
  const fresh = measured.map(({ name }) => tensorNamed(statistics, name));

  graph.output(loss, 'loss');
  graph.output(joined(graph, [moved, ...fresh], length), 'next_value');
  graph.output(next.moments.first, 'next_first');
  graph.output(next.moments.second, 'next_second');
  return graph.build('training_step');
}

/** Tensors of any shape as one vector. */
function joined(graph: GraphBuilder, tensors: readonly Value[], length: readonly number[]): Value {
  const flat = tensors.map((part) => graph.node('Reshape', [part, graph.integers([-1])], ['part']));
  return graph.node('Concat', flat, length, { attributes: { axis: 0 } });
}

function decays(graph: GraphBuilder, parameters: readonly Parameter[], weightDecay: number): Value {
  const shares = new Float32Array(lengthOf(parameters));
  let start = 0;
  for (const parameter of parameters) {
    const end = start + sizeOf(parameter);
    if (parameter.decays) shares.fill(weightDecay, start, end);
    start = end;
  }
  return graph.initializer('decay', shares, [shares.length]);
}
