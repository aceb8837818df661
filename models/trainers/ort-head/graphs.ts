import { toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { appendGraph } from '../graph/append-graph.ts';
import { parseModel, type WholeModel } from '../../onnx/whole-model.ts';
import { dense } from '../graph/dense.ts';
import type { Value } from '../../onnx/value-info.ts';
import { l2Penalty } from '../graph/l2-penalty.ts';
import { softmaxCrossEntropy } from '../graph/softmax-cross-entropy.ts';
import { Tape } from '../graph/tape.ts';
import { weightedSum } from '../graph/weighted-sum.ts';
import { fedParameters, lengthOf, tensorNamed, type Parameter } from '../learning/parameters.ts';
import { trainingGraph } from '../learning/training-graph.ts';
import { embeddingIn, type EmbeddingForm } from './embedder.ts';

/** Everything that decides the form of the heads: one an L2 strength, side by side. */
export interface HeadShape {
  /** Numbers in an embedding. */
  readonly numbers: number;
  readonly classes: number;
  readonly strengths: readonly number[];
}

/** A head alone: what it makes of an embedding is `x · weight + bias`. */
export interface Head {
  /** `[numbers][classes]`. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** `weight` is `[numbers][classes · heads]`: of each class the heads follow one another. */
export function headParameters({ numbers, classes, strengths }: HeadShape): Parameter[] {
  const outputs = classes * strengths.length;
  return [
    { name: 'head.weight', shape: [numbers, outputs], start: 0, decays: false },
    { name: 'head.bias', shape: [outputs], start: 0, decays: false },
  ];
}

/**
 * One training step of all heads at once. Each minimises its own mean cross-entropy plus `½ · strength · Σ weight²`; the loss is the mean of
 * theirs. Inputs besides those of {@link trainingGraph}: `embeddings` `[batch][numbers]`, `targets` `[batch][classes][1]`, `weights`
 * `[batch][1][1]`.
 */
export function headTrainingGraph(shape: HeadShape, batch: number): Uint8Array {
  return trainingGraph(headParameters(shape), 0, (tape, parameters) => {
    const { graph } = tape;
    const { classes, strengths } = shape;
    const embeddings = graph.input('embeddings', 'float32', [batch, shape.numbers]);
    const targets = graph.input('targets', 'float32', [batch, classes, 1]);
    const weights = graph.input('weights', 'float32', [batch, 1, 1]);
    const logits = headLogits(tape, embeddings, parameters, shape);
    const columns = Float32Array.from(
      { length: classes * strengths.length },
      (_, column) => strengths[column % strengths.length] ?? 0,
    );
    const pulls = graph.initializer('strengths', columns, [columns.length]);
    const share = graph.scalar(1 / strengths.length);
    return {
      loss: weightedSum(tape, [
        { term: softmaxCrossEntropy(tape, logits, targets, weights), factor: share },
        { term: l2Penalty(tape, tensorNamed(parameters, 'head.weight'), pulls), factor: share },
      ]),
    };
  });
}

/** Inputs: `embeddings` and the vector `value`; output: `logits` `[batch][classes][heads]`. */
export function headEvaluationGraph(shape: HeadShape): Uint8Array {
  const tape = new Tape();
  const { graph } = tape;
  const all = headParameters(shape);
  const parameters = fedParameters(graph, graph.input('value', 'float32', [lengthOf(all)]), all);
  const embeddings = graph.input('embeddings', 'float32', ['batch', shape.numbers]);
  graph.output(headLogits(tape, embeddings, parameters, shape), 'logits');
  return graph.build('evaluation');
}

/** Backbone and head as one model. @returns Its bytes, and the names of its outputs. */
export function headedModel(
  backbone: WholeModel,
  form: EmbeddingForm,
  { weight, bias }: Head,
): { bytes: Uint8Array; probabilities: string; embedding: string } {
  const tape = new Tape();
  const { graph } = tape;
  const embedding = embeddingIn(graph, form);
  const classes = bias.length;
  const stored = {
    weight: graph.initializer('weight', weight, [weight.length / classes, classes]),
    bias: graph.initializer('bias', bias, [classes]),
  };
  const logits = dense(tape, embedding, stored.weight, stored.bias);
  graph.output(graph.node('Softmax', [logits], logits.shape, { attributes: { axis: 1 } }), 'probabilities');
  graph.output(embedding, 'embedding');
  const { graph: head } = parseModel(graph.build('head'));
  const { model, outputs } = appendGraph(backbone, head);
  return {
    bytes: toBinary(ModelProtoSchema, model),
    probabilities: outputs['probabilities'] ?? '',
    embedding: outputs['embedding'] ?? '',
  };
}

function headLogits(
  tape: Tape,
  embeddings: Value,
  parameters: ReadonlyMap<string, Value>,
  { classes, strengths }: HeadShape,
): Value {
  const flat = dense(
    tape,
    embeddings,
    tensorNamed(parameters, 'head.weight'),
    tensorNamed(parameters, 'head.bias'),
  );
  const shape = [embeddings.shape[0] ?? 0, classes, strengths.length];
  const { graph } = tape;
  const logits = graph.node('Reshape', [flat, graph.integers([-1, classes, strengths.length])], shape);
  return tape.record(logits, [flat], (gradient) => [
    graph.node('Reshape', [gradient, graph.integers([-1, classes * strengths.length])], flat.shape),
  ]);
}
