import type { NodeProto, TensorProto } from 'onnx-buf';
import type { GraphIndex } from '../onnx/graph-index.ts';
import { fillsBlocks, isChannelwise, isConvolved } from './channels.ts';
import { emptyRewrite, integerOf, type Rewrite, type RewriteRule } from './rewrite.ts';

/** A convolution and the activation behind it. */
interface Chain {
  readonly nodes: ReadonlySet<NodeProto>;
  /** The value that the rest of the graph reads. */
  readonly end: string;
}

/** A range of channels that a node behind the chain takes out. */
interface Part {
  readonly value: string;
  readonly from: number;
  readonly channels: number;
}

/**
 * Makes a convolution whose channels are taken apart right behind it one convolution for each part, as in YOLO's C2f and C3k2 blocks.
 * ONNX Runtime computes convolutions on blocks of channels, and leaves that layout for each `Slice` and `Split`.
 */
export const splitChannels: RewriteRule = {
  mayApply: (graph) => graph.nodes.some((node) => takesPart(node) && isConvolved(graph, node.input[0] ?? '')),
  looksAt: () => [],
  rewrite: rewriteSplits,
};

function takesPart({ opType }: NodeProto): boolean {
  return opType === 'Slice' || opType === 'Split';
}

function rewriteSplits(graph: GraphIndex): Rewrite {
  const rewrite = emptyRewrite();
  for (const convolution of graph.nodes) {
    const weights = graph.stored(convolution.input[1]);
    const bias = graph.stored(convolution.input[2]);
    if (convolution.opType !== 'Conv' || integerOf(convolution, 'group', 1) !== 1) continue;
    if (!weights || (convolution.input[2] && !bias)) continue;
    const chain = chainOf(graph, convolution);
    const readers = chain ? graph.readersOf(chain.end) : [];
    const channels = Number(weights.dims[0] ?? 0n);
    const parts = chain && partsOf(graph, readers, channels);
    if (!chain || !parts?.every((part) => fillsBlocks(part.channels))) continue;
    for (const node of [...chain.nodes, ...readers]) rewrite.replaced.set(node, []);
    rewrite.replaced.set(
      convolution,
      parts.flatMap((part) => copyOf(chain, part)),
    );
    for (const { value, from, channels } of parts)
      for (const tensor of [weights, bias])
        if (tensor) rewrite.initializer.push(rowsOf(tensor, `${tensor.name}:${value}`, from, channels));
  }
  return rewrite;
}

/** Undefined when anything else reads a value on the way. */
function chainOf(graph: GraphIndex, convolution: NodeProto): Chain | undefined {
  const nodes = new Set([convolution]);
  const values = new Set(convolution.output);
  for (const node of graph.nodes)
    if (isChannelwise(node) && node.input.every((value) => values.has(value))) {
      nodes.add(node);
      for (const value of node.output) values.add(value);
    }
  const ends = [...values].filter(
    (value) => graph.isOutput(value) || graph.readersOf(value).some((reader) => !nodes.has(reader)),
  );
  const [end] = ends;
  if (end === undefined || ends.length > 1 || graph.isOutput(end)) return undefined;
  return graph.readersOf(end).some((reader) => nodes.has(reader)) ? undefined : { nodes, end };
}

/** Undefined when a reader takes anything but channels. */
function partsOf(graph: GraphIndex, readers: readonly NodeProto[], channels: number): Part[] | undefined {
  const parts: Part[] = [];
  for (const reader of readers) {
    const taken =
      reader.opType === 'Split'
        ? splitParts(graph, reader, channels)
        : reader.opType === 'Slice' && slicePart(graph, reader, channels);
    if (!taken) return undefined;
    parts.push(...taken);
  }
  return parts;
}

function splitParts(graph: GraphIndex, split: NodeProto, all: number): Part[] | undefined {
  const [, sizes = ''] = split.input;
  const equal = split.output.map(() => all / split.output.length);
  const counts = sizes === '' ? equal : graph.integers(sizes);
  if (integerOf(split, 'axis', 0) !== 1 || counts?.length !== split.output.length) return undefined;
  let from = 0;
  return split.output.map((value, index) => {
    const channels = counts[index] ?? NaN;
    from += channels;
    return { value, from: from - channels, channels };
  });
}

function slicePart(graph: GraphIndex, { input, output }: NodeProto, all: number): Part[] | undefined {
  const [starts, ends, axes, steps = [1]] = input.slice(1).map((name) => graph.integers(name));
  const [value = ''] = output;
  if (axes?.length !== 1 || axes[0] !== 1 || steps[0] !== 1) return undefined;
  const place = (at = NaN): number => Math.max(0, Math.min(all, at < 0 ? at + all : at));
  const [from, to] = [place(starts?.[0]), place(ends?.[0])];
  return to > from ? [{ value, from, channels: to - from }] : undefined;
}

/** The chain for one part, with the part's own weights. */
function copyOf({ nodes, end }: Chain, { value }: Part): NodeProto[] {
  const own = new Set([...nodes].flatMap(({ output }) => output));
  const renamed = (name: string): string =>
    name === end ? value : own.has(name) ? `${name}:${value}` : name;
  return [...nodes].map((node) => {
    const [images = '', ...stored] = node.input;
    const input =
      node.opType === 'Conv'
        ? [images, ...stored.map((name) => name && `${name}:${value}`)]
        : node.input.map(renamed);
    return { ...node, name: `${node.name}:${value}`, input, output: node.output.map(renamed) };
  });
}

/** Entries of a tensor's first axis. */
function rowsOf(tensor: TensorProto, name: string, from: number, count: number): TensorProto {
  const [rows = 1n, ...rest] = tensor.dims;
  const rawPerRow = tensor.rawData.length / Number(rows);
  const floatsPerRow = tensor.floatData.length / Number(rows);
  return {
    ...tensor,
    name,
    dims: [BigInt(count), ...rest],
    rawData: tensor.rawData.subarray(from * rawPerRow, (from + count) * rawPerRow),
    floatData: tensor.floatData.slice(from * floatsPerRow, (from + count) * floatsPerRow),
  };
}
