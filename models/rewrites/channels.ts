import type { NodeProto } from 'onnx-buf';
import type { GraphIndex } from '../onnx/graph-index.ts';

/** What ONNX Runtime lays side by side on processors with AVX-512; with AVX2, half as many. */
const blockChannels = 16;
const activations = new Set(['Relu', 'LeakyRelu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh']);

/** Whether so many channels are whole blocks, which convolutions are computed on. */
export function fillsBlocks(channels: number): boolean {
  return channels % blockChannels === 0;
}

/** Whether a node makes each number of its output of those in the same place alone: an activation, or a product as in SiLU. */
export function isChannelwise({ opType, domain }: NodeProto): boolean {
  return domain === '' && (opType === 'Mul' || activations.has(opType));
}

/** Whether a value comes out of a convolution, or of one and an activation. */
export function isConvolved(graph: GraphIndex, value: string): boolean {
  const maker = graph.makerOf(value);
  if (maker?.opType === 'Conv') return true;
  return (
    maker !== undefined && isChannelwise(maker) && maker.input.every((input) => isConvolved(graph, input))
  );
}
