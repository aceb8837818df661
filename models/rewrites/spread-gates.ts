import type { NodeProto } from 'onnx-buf';
import type { GraphIndex } from '../onnx/graph-index.ts';
import { storedTensor } from '../onnx/stored-tensor.ts';
import { valueInfo } from '../onnx/value-info.ts';
import { fillsBlocks, isChannelwise, isConvolved } from './channels.ts';
import {
  emptyRewrite,
  integerOf,
  integersOf,
  newNode,
  type Rewrite,
  type RewriteRule,
  type Values,
} from './rewrite.ts';

/** Between a map's means and its gate. */
const mostConvolutions = 2;

/** One number a channel that a map is multiplied with. */
interface Gated {
  readonly product: NodeProto;
  /** Makes the map's means. */
  readonly squeeze: NodeProto;
  readonly gate: string;
  readonly map: string;
}

/**
 * Spreads the one number a channel that a map is multiplied with over the map's height and width first, as in squeeze-and-excitation blocks.
 * ONNX Runtime computes convolutions on blocks of channels, and leaves that layout for a product of two shapes; the same numbers are multiplied.
 */
export const spreadGates: RewriteRule = {
  mayApply: (graph) => gatedMaps(graph).length > 0,
  looksAt: (graph) => gatedMaps(graph).flatMap(({ gate, map }) => [gate, map]),
  rewrite: rewriteGates,
};

function rewriteGates(graph: GraphIndex, values: Values): Rewrite {
  const rewrite = emptyRewrite();
  for (const { product, squeeze, gate, map } of gatedMaps(graph)) {
    const { type = 'float32', shape = [] } = values.get(map) ?? {};
    const [, channels, height, width] = shape.map(Number);
    const [, ...ofGate] = values.get(gate)?.shape ?? [];
    if (shape.length !== 4 || !channels || !height || !width || !fillsBlocks(channels)) continue;
    if (ofGate.join() !== [channels, 1, 1].join()) continue;
    const spread = `${gate}:${map}`;
    const scales = `${spread}:scales`;
    const resize = newNode('Resize', [gate, '', scales], [spread], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
    if (squeeze.opType !== 'GlobalAveragePool')
      rewrite.replaced.set(squeeze, [newNode('GlobalAveragePool', [map], squeeze.output)]);
    rewrite.replaced.set(product, [resize, { ...product, input: [spread, map] }]);
    rewrite.initializer.push(storedTensor(scales, Float32Array.of(1, 1, height, width), [4]));
    // ONNX Runtime must know beforehand that both have one shape.
    rewrite.valueInfo.push(valueInfo({ name: spread, type, shape }));
  }
  return rewrite;
}

function gatedMaps(graph: GraphIndex): Gated[] {
  return graph.nodes.flatMap((product) => {
    if (product.opType !== 'Mul') return [];
    const [one = '', other = ''] = product.input;
    const squeeze = squeezeOf(graph, one, other);
    if (squeeze) return { product, squeeze, gate: one, map: other };
    const swapped = squeezeOf(graph, other, one);
    return swapped ? { product, squeeze: swapped, gate: other, map: one } : [];
  });
}

/** The node that makes the means of a map, where a value is computed of them by a few convolutions and what is between them. */
function squeezeOf(
  graph: GraphIndex,
  value: string,
  map: string,
  convolutions = mostConvolutions,
): NodeProto | undefined {
  const maker = graph.makerOf(value);
  const [input = ''] = maker?.input ?? [];
  if (!maker || convolutions < 0) return undefined;
  if (isMean(graph, maker)) return input === map && isConvolved(graph, map) ? maker : undefined;
  if (maker.opType === 'Conv') return squeezeOf(graph, input, map, convolutions - 1);
  return isChannelwise(maker) ? squeezeOf(graph, input, map, convolutions) : undefined;
}

function isMean(graph: GraphIndex, node: NodeProto): boolean {
  if (node.opType !== 'ReduceMean') return node.opType === 'GlobalAveragePool';
  const axes = integersOf(node, 'axes') ?? graph.integers(node.input[1]) ?? [];
  const places = axes.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  return places.join() === '2,3' && integerOf(node, 'keepdims', 1) === 1;
}
