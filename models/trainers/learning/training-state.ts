import { lengthOf, sizeOf, type Parameter } from './parameters.ts';
import { stream } from './stream.ts';

export interface Best {
  readonly step: number;
  readonly validLoss: number;
  /** What else was measured on the validation set then. */
  readonly metrics: Readonly<Record<string, number>>;
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

/** Before the first step. */
export function initialState(value: Float32Array): TrainingState {
  const { length } = value;
  const [first, second] = [new Float32Array(length), new Float32Array(length)];
  return { step: 0, value, first, second, lossSum: 0, lossSteps: 0, best: null };
}

/** The vector of all parameters of an untrained network. */
export function untrainedValue(parameters: readonly Parameter[], seed: number): Float32Array {
  const value = new Float32Array(lengthOf(parameters));
  const random = stream(seed, 'weights');
  let place = 0;
  for (const parameter of parameters) {
    const end = place + sizeOf(parameter);
    if (parameter.start !== 'he-normal') value.fill(parameter.start, place, end);
    else
      for (let index = place; index < end; index++)
        value[index] = normal(random) * Math.sqrt(2 / inputs(parameter));
    place = end;
  }
  return value;
}

/** A convolution is [out][in][k][k], a dense layer [in][out]. */
function inputs({ shape }: Parameter): number {
  const [outOrIn = 1] = shape;
  return shape.length === 4 ? sizeOf({ shape }) / outOrIn : outOrIn;
}

/** Box–Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
