import type { GraphProto, NodeProto } from 'onnx-buf';

/** Operations behind a classifier's last layer that leave its order of classes as it is. */
const behindLastLayer = new Set([
  'Softmax',
  'LogSoftmax',
  'Sigmoid',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Cast',
]);
/** The same, if all but one of what they read is stored in the file: a bias, a temperature. */
const withConstants = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** Operations that change nothing when a graph is asked. */
const idle = new Set(['Identity', 'Dropout']);

/**
 * The value of a graph that stands for an image: the one that is named; else the output `embedding`; else what the last layer of the first
 * output reads, where that is a dense layer (Gemm or MatMul with stored weights), and where it is none the first output itself.
 *
 * @throws Error when the graph has no value of that name.
 */
export function embeddingValue(graph: GraphProto, named?: string): string {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  if (named !== undefined && !makers.has(named))
    throw new Error(
      `the graph has no value ${named}; its outputs are ${graph.output.map(({ name }) => name).join(', ')}`,
    );
  const outputs = graph.output.map(({ name }) => name);
  const chosen = named ?? outputs.find((name) => name === 'embedding');
  const found = chosen ?? penultimate(graph, outputs[0] ?? '', makers) ?? outputs[0] ?? '';
  return awake(found, makers);
}

function penultimate(
  { initializer }: GraphProto,
  output: string,
  makers: ReadonlyMap<string, NodeProto>,
): string | null {
  const stored = new Set(initializer.map(({ name }) => name));
  const isStored = (name: string): boolean => stored.has(name) || makers.get(name)?.opType === 'Constant';
  let place = awake(output, makers);
  for (;;) {
    const node = makers.get(place);
    const moving = node?.input.filter((name) => name !== '' && !isStored(name)) ?? [];
    const [first] = moving;
    if (!node || first === undefined) return null;
    const isDense = node.opType === 'Gemm' || node.opType === 'MatMul';
    if (isDense) return moving.length === 1 && first === node.input[0] ? first : null;
    const passes =
      behindLastLayer.has(node.opType) || (withConstants.has(node.opType) && moving.length === 1);
    if (!passes) return null;
    place = awake(first, makers);
  }
}

/** The value that this one is only another name of. */
function awake(name: string, makers: ReadonlyMap<string, NodeProto>): string {
  const node = makers.get(name);
  const [input] = node?.input ?? [];
  return node && input !== undefined && idle.has(node.opType) && makers.has(input)
    ? awake(input, makers)
    : name;
}
