/** @jest-environment ./test/models/native-arrays-environment.ts */
import { graphOf, rewrittenAs } from './graphs.ts';

const size = [4, 16, 100] as const;

test.each([1, 2, -3])('a softmax along axis %d of four is computed as what it is', async (axis) => {
  const rewritten = await rewrittenAs(
    graphOf(size, (graph, images) => {
      // Far above what the exponential of a float can be.
      const large = graph.node('Mul', [images, graph.scalar(1000)], images.shape);
      return graph.node('Softmax', [large], images.shape, { attributes: { axis } });
    }),
  );
  expect(rewritten?.count('Softmax')).toBe(0);
  expect(rewritten?.difference).toBeLessThan(1e-6);
});

test.each([
  ['along the last axis', size, 3],
  ['along the last axis, counted from behind', size, -1],
  ['with little behind its axis', [4, 16, 8] as const, 2],
])('a softmax %s is left to ONNX Runtime', async (_, shape, axis) => {
  const model = graphOf(shape, (graph, images) =>
    graph.node('Softmax', [images], images.shape, { attributes: { axis } }),
  );
  expect(await rewrittenAs(model)).toBeNull();
});

test('a softmax from before version 13 of the operators, which takes all axes behind one together, is left', async () => {
  const model = graphOf(size, (graph, images) =>
    graph.node('Softmax', [images], images.shape, { attributes: { axis: 1 } }),
  );
  model.opsetImport[0]!.version = 12n;
  expect(await rewrittenAs(model)).toBeNull();
});

test('where operators take axes as an input they are given as one', async () => {
  const model = graphOf(size, (graph, images) =>
    graph.node('Softmax', [images], images.shape, { attributes: { axis: 1 } }),
  );
  model.opsetImport[0]!.version = 18n;
  expect((await rewrittenAs(model))?.difference).toBeLessThan(1e-6);
});
