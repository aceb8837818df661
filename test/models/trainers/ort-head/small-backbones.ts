import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dim, ElementType, Value } from '../../../../models/onnx/value-info.ts';
import { GraphBuilder } from '../../../../models/trainers/graph/graph-builder.ts';

/** The mean of each channel, and a dense layer of two classes behind it, so that embeddings can be worked out by hand. */
export function meansAndClasses(
  shape: readonly Dim[] = ['n', 3, 'height', 'width'],
  type: ElementType = 'float32',
  write: (graph: GraphBuilder, logits: Value, images: Value) => void = (graph, logits) =>
    graph.output(graph.node('Softmax', [logits], logits.shape, { attributes: { axis: 1 } }), 'classes'),
): Uint8Array {
  const graph = new GraphBuilder();
  const images = graph.input('pixels', type, shape);
  const numbers =
    type === 'float32' ? images : graph.node('Cast', [images], shape, { attributes: { to: 1 } });
  const isLast = shape[3] === 3;
  const planes = isLast
    ? graph.node('Transpose', [numbers], ['n', 3, 'h', 'w'], { attributes: { perm: [0, 3, 1, 2] } })
    : numbers;
  const maps = graph.node('Relu', [graph.node('Neg', [graph.node('Neg', [planes], shape)], shape)], shape);
  const means = graph.node('GlobalAveragePool', [type === 'float32' ? planes : maps], ['n', 3, 1, 1]);
  const flat = graph.node('Flatten', [means], ['n', 3], { attributes: { axis: 1 } });
  const weight = graph.initializer('weight', Float32Array.of(1, -1, 2, 0, 0, 1), [3, 2]);
  const bias = graph.initializer('bias', Float32Array.of(0.5, -0.5), [2]);
  const products = graph.node('MatMul', [flat, weight], ['n', 2]);
  write(graph, graph.node('Add', [products, bias], ['n', 2]), images);
  return graph.build('means');
}

/** A folder with `backbone.onnx`, and its card if there is one. */
export async function backboneFolder(model: Uint8Array, card?: unknown): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-backbone-'));
  const file = join(dir, 'backbone.onnx');
  await writeFile(file, model);
  if (card !== undefined) await writeFile(join(dir, 'backbone.json'), JSON.stringify(card));
  return file;
}
