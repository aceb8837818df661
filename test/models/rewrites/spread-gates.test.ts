/** @jest-environment ./test/models/native-arrays-environment.ts */
import type { Value } from '../../../models/onnx/value-info.ts';
import type { GraphBuilder } from '../../../models/trainers/graph/graph-builder.ts';
import { convolution, graphOf, rewrittenAs, silu } from './graphs.ts';

const size = [3, 6, 5] as const;

function globalMean(graph: GraphBuilder, map: Value): Value {
  return graph.node('GlobalAveragePool', [map], ['batch', map.shape[1] ?? 1, 1, 1]);
}

function reducedMean(graph: GraphBuilder, map: Value, axes: readonly number[] = [-2, -1]): Value {
  return graph.node('ReduceMean', [map], ['batch', map.shape[1] ?? 1, 1, 1], { attributes: { axes } });
}

/** Squeeze and excitation of a map by its means. */
function gateOf(graph: GraphBuilder, mean: Value, channels: number): Value {
  const squeezed = silu(graph, convolution(graph, mean, 8));
  const excited = convolution(graph, squeezed, channels);
  return graph.node('HardSigmoid', [excited], excited.shape);
}

function times(graph: GraphBuilder, one: Value, other: Value): Value {
  return graph.node('Mul', [one, other], ['batch', 32, 6, 5]);
}

test.each([
  ['a mean over all places', globalMean],
  ['a mean over height and width', reducedMean],
])('a gate of %s is spread before the product, which stays the same to the bit', async (_, mean) => {
  for (const isFirst of [true, false]) {
    const rewritten = await rewrittenAs(
      graphOf(size, (graph, images) => {
        const map = silu(graph, convolution(graph, images, 32, { kernel: 3 }));
        const gate = gateOf(graph, mean(graph, map), 32);
        return convolution(graph, isFirst ? times(graph, gate, map) : times(graph, map, gate), 16);
      }),
    );
    expect(rewritten?.count('Resize')).toBe(1);
    expect(rewritten?.count('GlobalAveragePool')).toBe(1);
    expect(rewritten?.count('ReduceMean')).toBe(0);
    expect(rewritten?.difference).toBeLessThan(mean === globalMean ? 1e-12 : 1e-6);
  }
});

test.each<[string, (graph: GraphBuilder, images: Value) => Value]>([
  [
    'of a map whose channels are no whole blocks',
    (graph, images) => {
      const map = convolution(graph, images, 24);
      return times(graph, gateOf(graph, globalMean(graph, map), 24), map);
    },
  ],
  [
    'for all channels together',
    (graph, images) => {
      const map = convolution(graph, images, 32);
      return times(graph, gateOf(graph, globalMean(graph, map), 1), map);
    },
  ],
  [
    'by place, of the mean over channels',
    (graph, images) => {
      const map = convolution(graph, images, 32);
      const mean = graph.node('ReduceMean', [map], ['batch', 1, 6, 5], { attributes: { axes: [1] } });
      return times(graph, gateOf(graph, mean, 1), map);
    },
  ],
  [
    'of another map than the one it is for',
    (graph, images) =>
      times(
        graph,
        gateOf(graph, globalMean(graph, convolution(graph, images, 32)), 32),
        convolution(graph, images, 32),
      ),
  ],
])('a gate %s is left as it is', async (_, build) => {
  expect(await rewrittenAs(graphOf(size, build))).toBeNull();
});
