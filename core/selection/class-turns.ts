import { indexOfMax } from './index-of-max.ts';
import { matrixRow, type Matrix } from './matrix.ts';

export interface ClassQuotas {
  /** `[classes]`, above 0: a class with twice the weight is to have twice the labels. */
  readonly weights: readonly number[];
  /** `[classes]`: labels there are already. */
  readonly labels: readonly number[];
}

/** Whose turn it is: the class with the fewest labels for its weight, the first of equals. */
export class ClassTurns {
  readonly #weights: readonly number[];
  readonly #labels: number[];

  constructor({ weights, labels }: ClassQuotas) {
    this.#weights = weights;
    this.#labels = [...labels];
  }

  /** Gives the next slot to one of the classes, and counts it; −1 when none is named. */
  next(classes: Iterable<number>): number {
    let next = -1;
    for (const one of classes) if (next < 0 || this.#share(one) < this.#share(next)) next = one;
    if (next >= 0) this.give(next, 1);
    return next;
  }

  /** Counts labels of a class; negative ones take back. */
  give(to: number, labels: number): void {
    this.#labels[to] = (this.#labels[to] ?? 0) + labels;
  }

  /** The slots each class will have if every row is taken; nothing is counted. */
  foreseen(lists: ReadonlyMap<number, Int32Array>, slots: number): Map<number, number> {
    const turns = new ClassTurns({ weights: this.#weights, labels: this.#labels });
    const open = new Set(lists.keys());
    const given = new Map<number, number>();
    for (let slot = 0; slot < slots && open.size > 0; slot++) {
      const turn = turns.next(open);
      const count = (given.get(turn) ?? 0) + 1;
      given.set(turn, count);
      if (count === lists.get(turn)?.length) open.delete(turn);
    }
    return given;
  }

  #share(of: number): number {
    return (this.#labels[of] ?? 0) / (this.#weights[of] ?? 1);
  }
}

/** Rows by their likeliest class, each list in the order of the rows. */
export function byLikeliestClass(rows: Int32Array, probabilities: Matrix): Map<number, Int32Array> {
  const lists = new Map<number, number[]>();
  for (const row of rows) {
    const likeliest = likeliestClass(probabilities, row);
    const list = lists.get(likeliest);
    if (list) list.push(row);
    else lists.set(likeliest, [row]);
  }
  return new Map([...lists].sort(([a], [b]) => a - b).map(([one, list]) => [one, Int32Array.from(list)]));
}

export function likeliestClass(probabilities: Matrix, row: number): number {
  return indexOfMax(matrixRow(probabilities, row));
}
