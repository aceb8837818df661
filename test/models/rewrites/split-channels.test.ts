/** @jest-environment ./test/models/native-arrays-environment.ts */
import type { GraphBuilder } from '../../../models/trainers/graph/graph-builder.ts';
import type { Value } from '../../../models/onnx/value-info.ts';
import { mayBeRewritten } from '../../../models/rewrites/rewrite-model.ts';
import { convolution, graphOf, rewrittenAs, silu } from './graphs.ts';

const size = [3, 6, 5] as const;

/** Channels from and to, by a `Slice`. */
function slice(graph: GraphBuilder, x: Value, from: number, to: number, channels = to - from): Value {
  const [batch = 1, , ...rest] = x.shape;
  const ints = (number: number) => graph.integers([number]);
  return graph.node('Slice', [x, ints(from), ints(to), ints(1)], [batch, channels, ...rest]);
}

function split(graph: GraphBuilder, x: Value, sizes: readonly number[], axis = 1): Value[] {
  const parts = sizes.map((channels) => ({ shape: ['batch', channels, 6, 5], type: 'float32' as const }));
  return graph.nodes('Split', [x, graph.integers(sizes)], parts, { axis });
}

function joined(graph: GraphBuilder, values: readonly Value[]): Value {
  return graph.node('Concat', values, ['batch', 'channels', 6, 5], { attributes: { axis: 1 } });
}

test('a convolution whose parts are sliced out behind SiLU becomes one for each part', async () => {
  const rewritten = await rewrittenAs(
    graphOf(size, (graph, images) => {
      const x = silu(graph, convolution(graph, images, 48, { kernel: 3 }));
      // As torch writes the last part of a `chunk`: to the end, whatever that is.
      const [first, rest] = [slice(graph, x, 0, 16), slice(graph, x, -32, 2 ** 40, 32)];
      return joined(graph, [convolution(graph, rest, 16, { kernel: 3 }), first]);
    }),
  );
  expect(rewritten?.count('Slice')).toBe(0);
  expect(rewritten?.count('Conv')).toBe(3);
  expect(rewritten?.difference).toBeLessThan(1e-6);
});

test.each([
  ['SiLU', silu],
  ['ReLU', (graph: GraphBuilder, x: Value) => graph.node('Relu', [x], x.shape)],
  ['nothing', (_: GraphBuilder, x: Value) => x],
])('a split behind %s goes too, with biases and without', async (_, activation) => {
  for (const bias of [true, false]) {
    const rewritten = await rewrittenAs(
      graphOf(size, (graph, images) => {
        const x = activation(graph, convolution(graph, images, 64, { bias }));
        const [first, second, third] = split(graph, x, [16, 32, 16]) as [Value, Value, Value];
        return { a: joined(graph, [third, first]), b: second };
      }),
    );
    expect(rewritten?.count('Split')).toBe(0);
    expect(rewritten?.count('Conv')).toBe(3);
    expect(rewritten?.difference).toBeLessThan(1e-6);
  }
});

test.each<[string, (graph: GraphBuilder, x: Value) => Value | Record<string, Value>]>([
  ['parts that are no whole blocks', (graph, x) => joined(graph, split(graph, x, [24, 8]))],
  [
    'parts along another axis',
    (graph, x) => ({ a: slice(graph, x, 0, 16), b: split(graph, x, [2, 4], 2)[1]! }),
  ],
  [
    'another node that reads all channels',
    (graph, x) => ({ a: slice(graph, x, 0, 16), b: graph.node('Neg', [x], x.shape) }),
  ],
  ['all channels as an answer of the model', (graph, x) => ({ a: slice(graph, x, 0, 16), b: x })],
])('%s leave a convolution whole', async (_, build) => {
  const model = graphOf(size, (graph, images) => build(graph, silu(graph, convolution(graph, images, 32))));
  expect(await rewrittenAs(model)).toBeNull();
});

test('a convolution in groups is left whole', async () => {
  const model = graphOf([4, 6, 5], (graph, images) =>
    joined(graph, split(graph, convolution(graph, images, 32, { group: 2 }), [16, 16])),
  );
  expect(await rewrittenAs(model)).toBeNull();
});

test('a model is looked at closer only where channels of a convolution are taken apart', () => {
  const cut = (x: (graph: GraphBuilder, images: Value) => Value) =>
    mayBeRewritten(graphOf(size, (graph, images) => slice(graph, x(graph, images), 0, 16)));
  expect(cut((graph, images) => silu(graph, convolution(graph, images, 32)))).toBe(true);
  expect(cut((graph, images) => graph.node('Neg', [convolution(graph, images, 32)], images.shape))).toBe(
    false,
  );
  expect(cut((_, images) => images)).toBe(false);
});
