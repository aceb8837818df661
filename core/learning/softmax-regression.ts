import { DomainError } from '../errors.ts';
import { matrixRow, type Matrix } from '../selection/matrix.ts';
import { minimise } from './minimise.ts';

export interface SoftmaxExamples {
  /** `[rows][columns]`, finite; as they are: neither centred nor scaled. */
  readonly features: Matrix;
  /** Rows that are learned from. */
  readonly rows: ArrayLike<number>;
  /** `[of each row learned from]`: its class, 0..classes−1. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** How much the examples count against small weights, above 0; 1 by default. scikit-learn's `C`. */
  readonly strength?: number;
}

/** The largest part of the slope, for each example, at which training ends. */
const tolerance = 1e-5;

/**
 * Multinomial logistic regression: the sum of the examples' cross-entropies plus the weights' squares by `2·strength` is as low as it can be. The
 * intercepts are not held small. The optimum is one alone, so equal examples give equal models whatever their order, but for rounding. A class
 * without an example gets the probability 0.
 *
 * @throws {@link DomainError} for no example, or a label that is no class. Never retried.
 * @see scikit-learn's `LogisticRegression`, whose numbers the tests hold. Of two classes it is that of twice the `C`, which holds one set of weights small.
 */
export function fitSoftmax(examples: SoftmaxExamples): SoftmaxModel {
  const { features, rows, labels, classes, strength = 1 } = examples;
  if (rows.length === 0) throw new DomainError('There is no example to learn from.');
  for (let index = 0; index < rows.length; index++)
    if (!((labels[index] ?? NaN) >= 0 && (labels[index] ?? NaN) < classes))
      throw new DomainError(`Example ${index} has the class ${labels[index] ?? NaN} of ${classes}.`);
  const { columns } = features;
  const known = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const labelsKnown = Array.from(labels, (label) => known.indexOf(label));
  const inputs = new Float64Array(rows.length * columns);
  for (let index = 0; index < rows.length; index++)
    inputs.set(matrixRow(features, rows[index] ?? -1), index * columns);

  const weights = minimise(
    (at, slope) => {
      let value = penalty(at, slope, columns * known.length, strength);
      const answer = new Float64Array(known.length);
      for (let index = 0; index < rows.length; index++) {
        const from = index * columns;
        const label = labelsKnown[index] ?? 0;
        logits(at, inputs, from, columns, answer);
        value -= toLogProbability(answer, label);
        answer[label] = (answer[label] ?? 0) - 1;
        addOuter(slope, inputs, from, columns, answer);
      }
      return value;
    },
    new Float64Array((columns + 1) * known.length),
    { tolerance: tolerance * rows.length },
  );
  return new SoftmaxModel(spread(weights, columns, known, classes), columns, classes);
}

/** A linear classifier: logits are `weights · features + intercept`. */
export class SoftmaxModel {
  /** `[columns + 1][classes]`, the intercepts last. */
  readonly weights: Float64Array;
  readonly columns: number;
  readonly classes: number;

  constructor(weights: Float64Array, columns: number, classes: number) {
    this.weights = weights;
    this.columns = columns;
    this.classes = classes;
  }

  /** `[of each row asked][classes]`: distributions, in the order of `rows`. */
  probabilities({ values, columns }: Matrix, rows: ArrayLike<number>): Matrix {
    const answers = new Float64Array(rows.length * this.classes);
    for (let index = 0; index < rows.length; index++) {
      const answer = answers.subarray(index * this.classes, (index + 1) * this.classes);
      logits(this.weights, values, (rows[index] ?? -1) * columns, columns, answer);
      toLogProbability(answer, 0);
    }
    return { values: answers, columns: this.classes };
  }
}

/** Weights of the known classes among those of all; of another one only the intercept counts, −∞. */
function spread(
  weights: Float64Array,
  columns: number,
  known: readonly number[],
  classes: number,
): Float64Array {
  const all = new Float64Array((columns + 1) * classes).fill(-Infinity, columns * classes);
  for (let line = 0; line <= columns; line++)
    known.forEach((one, place) => {
      all[line * classes + one] = weights[line * known.length + place] ?? 0;
    });
  return all;
}

/** The weights' part of the loss; starts the slope. */
function penalty(at: Float64Array, slope: Float64Array, weights: number, strength: number): number {
  let squares = 0;
  for (let index = 0; index < at.length; index++) {
    const weight = index < weights ? (at[index] ?? 0) : 0;
    squares += weight * weight;
    slope[index] = weight / strength;
  }
  return squares / (2 * strength);
}

function logits(
  weights: Float64Array,
  inputs: Float32Array | Float64Array,
  from: number,
  columns: number,
  into: Float64Array,
): void {
  const classes = into.length;
  for (let one = 0; one < classes; one++) into[one] = weights[columns * classes + one] ?? 0;
  for (let column = 0; column < columns; column++) {
    const input = inputs[from + column] ?? NaN;
    if (input === 0) continue;
    const at = column * classes;
    for (let one = 0; one < classes; one++) into[one] = (into[one] ?? 0) + input * (weights[at + one] ?? 0);
  }
}

/** Turns logits into probabilities where they stand, and answers the logarithm of that of `label`. */
function toLogProbability(answer: Float64Array, label: number): number {
  let most = -Infinity;
  for (const logit of answer) if (logit > most) most = logit;
  const wanted = (answer[label] ?? 0) - most;
  let sum = 0;
  for (let one = 0; one < answer.length; one++) sum += answer[one] = Math.exp((answer[one] ?? 0) - most);
  for (let one = 0; one < answer.length; one++) answer[one] = (answer[one] ?? 0) / sum;
  return wanted - Math.log(sum);
}

function addOuter(
  slope: Float64Array,
  inputs: Float64Array,
  from: number,
  columns: number,
  errors: Float64Array,
): void {
  const classes = errors.length;
  for (let column = 0; column < columns; column++) {
    const input = inputs[from + column] ?? NaN;
    if (input === 0) continue;
    const at = column * classes;
    for (let one = 0; one < classes; one++)
      slope[at + one] = (slope[at + one] ?? 0) + input * (errors[one] ?? 0);
  }
  for (let one = 0, at = columns * classes; one < classes; one++, at++)
    slope[at] = (slope[at] ?? 0) + (errors[one] ?? 0);
}
