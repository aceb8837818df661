import { conv2d } from '../graph/conv2d.ts';
import { dense } from '../graph/dense.ts';
import { flatten } from '../graph/flatten.ts';
import type { Value } from '../../onnx/value-info.ts';
import { maxPool2 } from '../graph/max-pool2.ts';
import { relu } from '../graph/relu.ts';
import type { Tape } from '../graph/tape.ts';
import { tensorNamed, type Parameter } from '../learning/parameters.ts';

/** Everything that decides the form of the network. */
export interface NetworkShape {
  readonly input: { readonly width: number; readonly height: number; readonly channels: number };
  /** Channels of the first convolution; the later ones have 2 and 4 times as many. */
  readonly width: number;
  readonly classes: number;
  /** Of the training set's bytes, by channel. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

interface Block {
  readonly channels: number;
  readonly pools: boolean;
}

const kernel = 3;
const hiddenFeatures = 64;
/** The dense layer sees at most this many places a side, so that a large image does not make a huge layer. */
const largestMap = 8;

/** Parameters in the order in which they are drawn, stored and fed. */
export function networkParameters(shape: NetworkShape): Parameter[] {
  const parameters: Parameter[] = [];
  const add = (layer: string, weight: readonly number[], outputs: number): void => {
    parameters.push({ name: `${layer}.weight`, shape: weight, start: 'he-normal', decays: true });
    parameters.push({ name: `${layer}.bias`, shape: [outputs], start: 0, decays: false });
  };
  const { blocks, features } = layout(shape);
  let channels = shape.input.channels;
  for (const [index, block] of blocks.entries()) {
    add(`conv${index}`, [block.channels, channels, kernel, kernel], block.channels);
    channels = block.channels;
  }
  add('hidden', [features, hiddenFeatures], hiddenFeatures);
  add('classes', [hiddenFeatures, shape.classes], shape.classes);
  return parameters;
}

/**
 * Writes the network.
 *
 * @param images - uint8 `[batch][height][width][channels]`.
 * @returns `logits` `[batch][classes]` and `features` `[batch][64]`, what the last layer sees.
 */
export function network(
  tape: Tape,
  images: Value,
  parameters: ReadonlyMap<string, Value>,
  shape: NetworkShape,
): { logits: Value; features: Value } {
  const parameter = (name: string): Value => tensorNamed(parameters, name);
  let x = normalise(tape, images, shape);
  for (const [index, block] of layout(shape).blocks.entries()) {
    x = relu(tape, conv2d(tape, x, parameter(`conv${index}.weight`), parameter(`conv${index}.bias`)));
    if (block.pools) x = maxPool2(tape, x);
  }
  const hidden = dense(tape, flatten(tape, x), parameter('hidden.weight'), parameter('hidden.bias'));
  const features = relu(tape, hidden);
  const logits = dense(tape, features, parameter('classes.weight'), parameter('classes.bias'));
  return { logits, features };
}

/** conv(w), pool, conv(2w), pool, conv(4w), and as often as the map is still too large: pool, conv(4w). */
function layout({ input, width }: NetworkShape): { blocks: Block[]; features: number } {
  let [rows, columns] = [input.height, input.width];
  const blocks: Block[] = [];
  const canPool = (): boolean => Math.min(rows, columns) >= 2;
  const pool = (): boolean => {
    if (!canPool()) return false;
    [rows, columns] = [Math.floor(rows / 2), Math.floor(columns / 2)];
    return true;
  };
  blocks.push({ channels: width, pools: pool() }, { channels: 2 * width, pools: pool() });
  while (Math.max(rows, columns) > largestMap && canPool())
    blocks.push({ channels: 4 * width, pools: pool() });
  blocks.push({ channels: 4 * width, pools: false });
  return { blocks, features: 4 * width * rows * columns };
}

function normalise({ graph }: Tape, images: Value, { input, normalisation }: NetworkShape): Value {
  const { width, height, channels } = input;
  const bytes = graph.node('Cast', [images], images.shape, { attributes: { to: 1 } });
  const mean = graph.initializer('input.mean', Float32Array.from(normalisation.mean), [channels]);
  const std = graph.initializer('input.std', Float32Array.from(normalisation.std), [channels]);
  const centred = graph.node('Sub', [bytes, mean], images.shape);
  const scaled = graph.node('Div', [centred, std], images.shape);
  return graph.node('Transpose', [scaled], [images.shape[0] ?? 0, channels, height, width], {
    attributes: { perm: [0, 3, 1, 2] },
  });
}
