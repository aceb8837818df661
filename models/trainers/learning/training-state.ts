import { stream } from './batches.ts';
import { parameterCount } from './graphs.ts';
import { parameterShapes, sizeOf, type NetworkShape } from './network.ts';

export interface Best {
  readonly step: number;
  /** Logits are divided by it. */
  readonly temperature: number;
  readonly validLoss: number;
  readonly validAccuracy: number;
  /** All parameters as one vector. */
  readonly value: Float32Array;
}

/** All that a training carries from step to step. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly value: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** Training loss since the last look at the validation set. */
  readonly lossSum: number;
  readonly lossSteps: number;
  readonly best: Best | null;
}

/** He-normal weights, zero biases. */
export function initialState(shape: NetworkShape, seed: number): TrainingState {
  const length = parameterCount(shape);
  const value = new Float32Array(length);
  const random = stream(seed, 'weights');
  let start = 0;
  for (const parameter of parameterShapes(shape)) {
    const size = sizeOf(parameter);
    // A convolution is [out][in][k][k], a dense layer [in][out].
    const [outOrIn = 1] = parameter.shape;
    const inputs = parameter.shape.length === 4 ? size / outOrIn : outOrIn;
    if (parameter.decays)
      for (let index = 0; index < size; index++)
        value[start + index] = normal(random) * Math.sqrt(2 / inputs);
    start += size;
  }
  return {
    step: 0,
    value,
    first: new Float32Array(length),
    second: new Float32Array(length),
    lossSum: 0,
    lossSteps: 0,
    best: null,
  };
}

/** Box–Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
