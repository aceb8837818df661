import { toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '../../../core/seeded-random.ts';
import type { Value } from '../../../models/onnx/value-info.ts';
import { parseModel, type WholeModel } from '../../../models/onnx/whole-model.ts';
import { mayBeRewritten, rewriteModel } from '../../../models/rewrites/rewrite-model.ts';
import { valuesOf } from '../../../models/rewrites/values-of.ts';
import { oneThreadSession } from '../../../models/runner/session-options.ts';
import { GraphBuilder } from '../../../models/trainers/graph/graph-builder.ts';

const random = seededRandom(5);

/** A graph from images `[batch][channels][height][width]` to what `build` makes of them. */
export function graphOf(
  [channels, height, width]: readonly [number, number, number],
  build: (graph: GraphBuilder, images: Value) => Value | Record<string, Value>,
): WholeModel {
  const graph = new GraphBuilder();
  const built = build(graph, graph.input('images', 'float32', ['batch', channels, height, width]));
  const outputs = 'name' in built ? { y: built as Value } : built;
  for (const [name, value] of Object.entries(outputs)) graph.output(value, name);
  return parseModel(graph.build('test'));
}

/** A convolution with weights by chance; what is said of its output's height and width is not used. */
export function convolution(
  graph: GraphBuilder,
  x: Value,
  channels: number,
  { kernel = 1, group = 1, bias = true }: { kernel?: number; group?: number; bias?: boolean } = {},
): Value {
  const [batch = 1, from = 1, ...size] = x.shape;
  const shape = [channels, Number(from) / group, kernel, kernel];
  const numbers = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
  const name = `w${numbers(1)[0]}`;
  const weights = graph.initializer(
    name,
    numbers(shape.reduce((product, length) => product * length)),
    shape,
  );
  const inputs = bias
    ? [x, weights, graph.initializer(`${name}b`, numbers(channels), [channels])]
    : [x, weights];
  const pad = (kernel - 1) / 2;
  return graph.node('Conv', inputs, [batch, channels, ...size], {
    attributes: { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad], group },
  });
}

export function silu(graph: GraphBuilder, x: Value): Value {
  return graph.node('Mul', [x, graph.node('Sigmoid', [x], x.shape)], x.shape);
}

/** The rewritten model, and by how much its answers for two images differ at most; null where nothing is rewritten. */
export async function rewrittenAs(
  model: WholeModel,
): Promise<{ count: (opType: string) => number; difference: number } | null> {
  if (!mayBeRewritten(model)) return null;
  const feed = { images: imagesFor(model) };
  const rewritten = await rewriteModel(model, (names) => valuesOf(model, names, feed, 'batch'));
  if (!rewritten) return null;
  const [expected, found] = [await answersOf(model, feed), await answersOf(rewritten, feed)];
  return {
    count: (opType) => rewritten.graph.node.filter((node) => node.opType === opType).length,
    difference: expected.reduce(
      (most, number, at) => Math.max(most, Math.abs(number - (found[at] ?? NaN))),
      0,
    ),
  };
}

function imagesFor({ graph }: WholeModel): Tensor {
  const type = graph.input[0]?.type?.value;
  if (type?.case !== 'tensorType') throw new Error('no tensor');
  const image = type.value.shape!.dim.slice(1).map(({ value }) => Number(value.value));
  const numbers = 2 * image.reduce((product, length) => product * length);
  return new Tensor(
    'float32',
    Float32Array.from({ length: numbers }, () => random() - 0.5),
    [2, ...image],
  );
}

async function answersOf(model: WholeModel, feed: Record<string, Tensor>): Promise<number[]> {
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), oneThreadSession);
  try {
    const outputs = await session.run(feed);
    return session.outputNames.flatMap((name) => Array.from(outputs[name]!.data as Float32Array));
  } finally {
    await session.release();
  }
}
