import type { Detection } from '../detection.ts';
import { DomainError } from '../errors.ts';
import type { ImageObject } from '../formats/annotated-image.ts';
import { boxOfShape } from '../formats/shape-forms.ts';
import { boxOverlap } from '../metrics/overlap.ts';
import { binaryEntropyNats } from './entropy.ts';

/** PPAL's constants, as in its repository at 15875ed. */
export const ppal = { a: 0.3, u: 0.2, xi: 0.6 } as const;

/**
 * How well a model does each class on images whose objects are known: the mean over a class's objects of `p^ξ · IoU^(1 − ξ)`, p being the chance
 * that the model gives the class at a box, the best box counting; 0 for an object that no box touches. PPAL takes a moving average over the matches
 * of a training; a trainer here is any program, so its model is asked once instead, about images that it has not learnt from.
 */
export class ClassQuality {
  readonly #classes: readonly string[];
  readonly #sums: Float64Array;
  readonly #objects: Float64Array;

  /** @param classes - In the order of the model's class scores. */
  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#sums = new Float64Array(classes.length);
    this.#objects = new Float64Array(classes.length);
  }

  /** An image: what is there, and what the model finds. Objects of other classes count for none. */
  add(
    objects: readonly ImageObject[],
    detections: readonly Detection[],
    { xi }: { xi: number } = ppal,
  ): void {
    for (const { label, shape } of objects) {
      const place = this.#classes.indexOf(label);
      if (place < 0) continue;
      const box = boxOfShape(shape);
      let best = 0;
      for (const one of detections) {
        const p = one.classScores?.[place] ?? (one.label === label ? one.score : 0);
        best = Math.max(best, p ** xi * boxOverlap(box, one.boxPx) ** (1 - xi));
      }
      this.#sums[place] = (this.#sums[place] ?? 0) + best;
      this.#objects[place] = (this.#objects[place] ?? 0) + 1;
    }
  }

  /** By class, 0..1; higher is easier. 0 of a class without an object: nothing shows that the model can do it. */
  byClass(): Record<string, number> {
    return Object.fromEntries(
      this.#classes.map((name, place) => [
        name,
        (this.#sums[place] ?? 0) / Math.max(this.#objects[place] ?? 0, 1),
      ]),
    );
  }
}

/**
 * What a box of each class weighs, `1 + a·u·ln((e^(1/a) − 1)(1 − q) + 1)`: 1 where the model has nothing left to learn, 1 + u where it has all.
 *
 * @param quality - By class, 0..1, from {@link ClassQuality}.
 * @returns By class, in 1..1 + u.
 * @throws {@link DomainError} on a quality outside 0..1, naming the class. Never retried.
 */
export function difficultyWeights(
  quality: Readonly<Record<string, number>>,
  { a, u }: Pick<typeof ppal, 'a' | 'u'> = ppal,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(quality).map(([name, q]) => {
      if (!(q >= 0 && q <= 1))
        throw new DomainError(`The class "${name}" has the quality ${q}; it must be in 0..1.`);
      return [name, 1 + a * u * Math.log(Math.expm1(1 / a) * (1 - q) + 1)];
    }),
  );
}

/**
 * A box's part of PPAL's difficulty-calibrated uncertainty: its binary entropy by its class's weight, over the highest both can be. Summed over the
 * boxes of score 0.05 and more it is PPAL's `Σ h(s)·w_class` divided by `(1 + u)·ln 2`, and so of the same order.
 *
 * @param score - Of the box, 0..1.
 * @param weight - Of its class, from {@link difficultyWeights}; 1 where it has none.
 * @returns 0..1; higher asks a person first.
 * @see Yang, Huang, Crowley 2024, "Plug and Play Active Learning for Object Detection".
 */
export function difficulty(score: number, weight = 1): number {
  return ((binaryEntropyNats(score) / Math.LN2) * weight) / (1 + ppal.u);
}
