import type { NodeProto } from 'onnx-buf';
import type { GraphIndex } from '../onnx/graph-index.ts';
import { storedTensor } from '../onnx/stored-tensor.ts';
import { emptyRewrite, integerOf, newNode, type Rewrite, type RewriteRule, type Values } from './rewrite.ts';

/** Below, ONNX Runtime's own softmax is as quick. */
const leastBehind = 64;
/** Since then softmax is along one axis, and a sum's axes are an input. */
const leastOpset = 13;
/** Since then a maximum's axes are an input too. */
const axesAreInputs = 18;

/**
 * Computes a softmax along another axis than the last as what it is, `exp(x − max) / Σ exp(x − max)`, as in the boxes of YOLOv8 and YOLO11. ONNX
 * Runtime turns the tensor round for it and back, and takes seven times as long.
 */
export const plainSoftmax: RewriteRule = {
  mayApply: (graph) => softmaxes(graph).length > 0,
  looksAt: (graph) => softmaxes(graph).map(({ input }) => input[0] ?? ''),
  rewrite: rewriteSoftmaxes,
};

function softmaxes({ nodes, opset }: GraphIndex): NodeProto[] {
  return opset < leastOpset
    ? []
    : nodes.filter((node) => node.opType === 'Softmax' && integerOf(node, 'axis', -1) !== -1);
}

function rewriteSoftmaxes(graph: GraphIndex, values: Values): Rewrite {
  const rewrite = emptyRewrite();
  for (const softmax of softmaxes(graph)) {
    const axis = innerAxis(softmax, values);
    if (axis === undefined) continue;
    const [x = ''] = softmax.input;
    const [y = ''] = softmax.output;
    const [axes, top, below, power, sum] = ['axes', 'top', 'below', 'power', 'sum'].map(
      (name) => `${y}:${name}`,
    ) as [string, string, string, string, string];
    rewrite.initializer.push(storedTensor(axes, BigInt64Array.of(BigInt(axis)), [1]));
    rewrite.replaced.set(softmax, [
      graph.opset < axesAreInputs
        ? newNode('ReduceMax', [x], [top], { axes: [axis] })
        : newNode('ReduceMax', [x, axes], [top]),
      newNode('Sub', [x, top], [below]),
      newNode('Exp', [below], [power]),
      newNode('ReduceSum', [power, axes], [sum]),
      newNode('Div', [power, sum], [y]),
    ]);
  }
  return rewrite;
}

/** The axis of a softmax that has others behind it, long enough to be worth it. */
function innerAxis(softmax: NodeProto, values: Values): number | undefined {
  const { type, shape = [] } = values.get(softmax.input[0] ?? '') ?? {};
  const said = integerOf(softmax, 'axis', -1);
  const axis = said < 0 ? said + shape.length : said;
  const behind = shape.slice(axis + 1).reduce<number>((product, length) => product * Number(length), 1);
  return type === 'float32' && behind >= leastBehind ? axis : undefined;
}
