import { addUpsampled } from '../graph/add-upsampled.ts';
import { batchNorm, batchNormEpsilon } from '../graph/batch-norm.ts';
import { cappedExp } from '../graph/capped-exp.ts';
import { conv2d } from '../graph/conv2d.ts';
import type { Dim, Value } from '../../onnx/value-info.ts';
import { relu } from '../graph/relu.ts';
import { Tape } from '../graph/tape.ts';
import type { Parameter } from '../learning/parameters.ts';

/** Everything that decides the form of the network. */
export interface NetworkShape {
  readonly input: { readonly width: number; readonly height: number; readonly channels: 1 | 3 };
  /** Channels of the first convolution; the later ones have 2 and 4 times as many. */
  readonly width: number;
  readonly classes: number;
  /** Prototypes that an object's mask is mixed from; 0 for boxes alone. */
  readonly prototypes: number;
}

/** The grid of places at which the network looks for an object. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** Side of a cell in pixels of the input. */
  readonly stridePx: number;
}

export interface Answer {
  /** How surely a cell stands for an object: `[batch][1][rows][columns]`. */
  readonly objectLogits: Value;
  /** `[batch][classes][rows][columns]`. */
  readonly classLogits: Value;
  /** From a cell's centre to the left, top, right and bottom side, in cells: `[batch][4][rows][columns]`. */
  readonly distances: Value;
  /** How each cell's mask is mixed, and of what: both `[batch][prototypes][rows][columns]`. */
  readonly masks: { readonly coefficients: Value; readonly prototypes: Value } | null;
  /** While training: the next running statistics. */
  readonly statistics: ReadonlyMap<string, Value>;
}

/** The coarsest map has at most this many places a side, so that one place there sees the whole image. */
const largestTop = 8;
/** Up to this side small objects are looked for, beyond it there would be too many cells. */
const fineSidePx = 256;
/** Of the batch's statistics that goes into the running ones. */
const momentum = 0.03;
/** Chance of an object in a cell that the untrained network claims: little, as most cells are empty. */
const firstChance = 0.01;

export function gridOf({ input }: NetworkShape): Grid {
  const { paddedWidth, paddedHeight, gridLevel } = layout(input);
  const stridePx = 2 ** gridLevel;
  return { rows: paddedHeight / stridePx, columns: paddedWidth / stridePx, stridePx };
}

/** Parameters in the order in which they are drawn, stored and fed. */
export function networkParameters(shape: NetworkShape): Parameter[] {
  const found: Parameter[] = [];
  const tape = new Tape();
  const images = tape.graph.input('images', 'uint8', [
    1,
    shape.input.height,
    shape.input.width,
    shape.input.channels,
  ]);
  network(tape, images, shape, false, (parameter) => {
    found.push(parameter);
    return tape.graph.input(parameter.name, 'float32', parameter.shape);
  });
  const isStatistic = (parameter: Parameter): boolean => parameter.isStatistic ?? false;
  return [...found.filter((one) => !isStatistic(one)), ...found.filter(isStatistic)];
}

/**
 * Writes the network: strided convolutions down to a map of 8×8 or less, and back up to the grid with what each level saw.
 *
 * @param images - uint8 `[batch][height][width][channels]`.
 * @param isTraining - Normalises by the batch's statistics instead of the running ones.
 * @param parameter - Gives the tensor of a parameter.
 */
export function network(
  tape: Tape,
  images: Value,
  shape: NetworkShape,
  isTraining: boolean,
  parameter: (parameter: Parameter) => Value,
): Answer {
  const { width, classes, prototypes } = shape;
  const { levels, gridLevel } = layout(shape.input);
  const statistics = new Map<string, Value>();
  const weight = (name: string, size: readonly number[]): Value =>
    parameter({ name: `${name}.weight`, shape: size, start: 'he-normal', decays: true });

  const block = (
    name: string,
    x: Value,
    channels: number,
    { kernel = 3, stride = 1 }: { kernel?: number; stride?: 1 | 2 } = {},
  ): Value => {
    const inputs = x.shape[1] as number;
    const y = conv2d(tape, x, weight(name, [channels, inputs, kernel, kernel]), null, stride);
    const vector = (part: string, start: number, isStatistic = false): Value =>
      parameter({ name: `${name}.${part}`, shape: [channels], start, decays: false, isStatistic });
    const [scale, shift] = [vector('scale', 1), vector('shift', 0)];
    const [mean, variance] = [vector('mean', 0, true), vector('variance', 1, true)];
    if (!isTraining) {
      const inputsOfNorm = [y, scale, shift, mean, variance];
      const attributes = { epsilon: { float: batchNormEpsilon } };
      return relu(tape, tape.graph.node('BatchNormalization', inputsOfNorm, y.shape, { attributes }));
    }
    const normal = batchNorm(tape, y, scale, shift);
    statistics.set(`${name}.mean`, blended(tape, mean, normal.mean));
    statistics.set(`${name}.variance`, blended(tape, variance, normal.variance));
    return relu(tape, normal.y);
  };
  const last = (name: string, x: Value, channels: number, start: number): Value => {
    const bias = parameter({ name: `${name}.bias`, shape: [channels], start, decays: false });
    return conv2d(tape, x, weight(name, [channels, x.shape[1] as number, 1, 1]), bias);
  };

  const maps: Value[] = [];
  let x = normalised(tape, images, shape);
  for (let level = 1; level <= levels; level++) {
    const channels = Math.min(4, 2 ** (level - 1)) * width;
    x = block(`down${level}`, x, channels, { stride: 2 });
    if (level > 1) x = block(`level${level}`, x, channels);
    maps.push(x);
  }
  const side = 2 * width;
  let up = block(`side${levels}`, x, side, { kernel: 1 });
  for (let level = levels - 1; level >= gridLevel; level--) {
    const seen = block(`side${level}`, maps[level - 1] as Value, side, { kernel: 1 });
    up = block(`up${level}`, addUpsampled(tape, seen, up), side);
  }
  const { rows, columns } = gridOf(shape);
  const boxTower = block('boxTower', up, side);
  const firstLogit = Math.log(firstChance / (1 - firstChance));
  const distances = last('box', boxTower, 4, Math.log(2));
  return {
    objectLogits: last('object', boxTower, 1, firstLogit),
    classLogits: last('classes', block('classTower', up, side), classes, 0),
    distances: cappedExp(tape, distances, 2 * Math.max(rows, columns)),
    masks:
      prototypes === 0
        ? null
        : {
            coefficients: last('coefficients', boxTower, prototypes, 0),
            prototypes: last('prototypes', block('maskTower', up, side), prototypes, 0),
          },
    statistics,
  };
}

/** How often the image is halved, and at which of these levels the grid lies. Sides are filled up so that each halving is even. */
function layout({ width, height }: NetworkShape['input']): {
  levels: number;
  gridLevel: number;
  paddedWidth: number;
  paddedHeight: number;
} {
  const side = Math.max(width, height);
  const gridLevel = side <= fineSidePx ? 2 : 3;
  const levels = Math.max(gridLevel + 1, Math.ceil(Math.log2(side / largestTop)));
  const padded = (length: number): number => Math.ceil(length / 2 ** levels) * 2 ** levels;
  return { levels, gridLevel, paddedWidth: padded(width), paddedHeight: padded(height) };
}

/** Bytes to about −2..2, channels first, filled up to the right and below. */
function normalised({ graph }: Tape, images: Value, { input }: NetworkShape): Value {
  const { paddedWidth, paddedHeight } = layout(input);
  const [batch] = images.shape as [Dim];
  const bytes = graph.node('Cast', [images], images.shape, { attributes: { to: 1 } });
  const centred = graph.node('Sub', [bytes, graph.scalar(128)], images.shape);
  const scaled = graph.node('Div', [centred, graph.scalar(64)], images.shape);
  const planes = graph.node('Transpose', [scaled], [batch, input.channels, input.height, input.width], {
    attributes: { perm: [0, 3, 1, 2] },
  });
  const [right, below] = [paddedWidth - input.width, paddedHeight - input.height];
  if (right === 0 && below === 0) return planes;
  const ends = graph.integers([0, 0, 0, 0, 0, 0, below, right]);
  return graph.node('Pad', [planes, ends], [batch, input.channels, paddedHeight, paddedWidth]);
}

function blended({ graph }: Tape, running: Value, fresh: Value): Value {
  const kept = graph.node('Mul', [running, graph.scalar(1 - momentum)], running.shape);
  return graph.node(
    'Add',
    [kept, graph.node('Mul', [fresh, graph.scalar(momentum)], running.shape)],
    running.shape,
  );
}
