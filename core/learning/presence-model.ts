import type { Matrix } from '../selection/matrix.ts';
import { fitSoftmax, type SoftmaxExamples, type SoftmaxModel } from './softmax-regression.ts';

export interface PresenceExamples extends Omit<SoftmaxExamples, 'labels' | 'classes'> {
  /** `[of each row learned from][classes]`: 1 where the image shows the class, else 0. */
  readonly presence: readonly (readonly number[])[];
}

/** A logistic regression for each class by itself: whether an image shows it. A class that no example shows has the chance 0. */
export function fitPresence({ presence, ...examples }: PresenceExamples): PresenceModel {
  const [first = []] = presence;
  return new PresenceModel(
    first.map((_, one) => {
      const labels = presence.map((row) => row[one] ?? 0);
      return fitSoftmax({ ...examples, labels, classes: 2 });
    }),
  );
}

/** What {@link fitPresence} learned. */
export class PresenceModel {
  readonly #heads: readonly SoftmaxModel[];

  constructor(heads: readonly SoftmaxModel[]) {
    this.#heads = heads;
  }

  /** `[of each row asked][classes]`: chances, 0..1 each, of any sum. */
  probabilities(features: Matrix, rows: ArrayLike<number>): Matrix {
    const columns = this.#heads.length;
    const values = new Float64Array(rows.length * columns);
    this.#heads.forEach((head, one) => {
      const answers = head.probabilities(features, rows).values;
      for (let row = 0; row < rows.length; row++) values[row * columns + one] = answers[2 * row + 1] ?? NaN;
    });
    return { values, columns };
  }
}
