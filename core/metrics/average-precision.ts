import type { ClassMatches } from './object-matches.ts';

/** COCO's places on the recall axis: 0, 0.01, …, 1. */
export const recallPlaces: readonly number[] = Array.from({ length: 101 }, (_, index) => index * 0.01);

/** numpy's `spacing(1)`: COCO adds it so as not to divide by 0. */
const epsilon = 2 ** -52;

/**
 * The average precision of one class over images. Detections are sorted once; after that an average over any resample of the images is one
 * walk along them, which is what makes a bootstrap of it cheap.
 *
 * @see `COCOeval.accumulate` of pycocotools 2.0.11, which the tests hold it against.
 */
export class AveragePrecision {
  /** Of all detections, most confident first; of equal ones that of the earlier image comes first. */
  readonly #image: Uint32Array;
  readonly #found: Uint16Array;
  readonly #truths: readonly number[];
  readonly #recalls: Float64Array;
  readonly #precisions: Float64Array;

  /** @param images - What became of the class's detections, image by image. */
  constructor(images: readonly ClassMatches[]) {
    const all = images
      .flatMap(({ scores, found }, image) =>
        scores.map((score, index) => ({ score, image, found: found[index] ?? 0 })),
      )
      .sort((a, b) => b.score - a.score);
    this.#image = Uint32Array.from(all, ({ image }) => image);
    this.#found = Uint16Array.from(all, ({ found }) => found);
    this.#truths = images.map(({ truths }) => truths);
    this.#recalls = new Float64Array(all.length);
    this.#precisions = new Float64Array(all.length);
  }

  /** Objects of the class in all images. */
  get truths(): number {
    return this.#truths.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The mean of {@link precisions}, 0..1; NaN when the class has no object.
   *
   * @param threshold - Index into `overlapThresholds`.
   * @param weights - How often each image counts; once by default.
   */
  mean(threshold: number, weights?: ArrayLike<number>): number {
    const points = this.#walk(threshold, weights);
    if (points < 0) return NaN;
    let sum = 0;
    let point = 0;
    for (const place of recallPlaces) {
      while (point < points && (this.#recalls[point] ?? 0) < place) point++;
      if (point === points) break;
      sum += this.#precisions[point] ?? 0;
    }
    return sum / recallPlaces.length;
  }

  /** The precision at each of {@link recallPlaces}, 0 where the recall is not reached; NaN when the class has no object. */
  precisions(threshold: number): number[] {
    const points = this.#walk(threshold);
    if (points < 0) return recallPlaces.map(() => NaN);
    const recalls = this.#recalls.subarray(0, points);
    return recallPlaces.map((place) => this.#precisions[recalls.findIndex((recall) => recall >= place)] ?? 0);
  }

  /**
   * Writes the recall after each detection that found an object, and the best precision from there on. Those that found nothing change no
   * recall, so that none of the 101 places falls on them. Answers how many points that are; −1 when there is no object to find.
   */
  #walk(threshold: number, weights?: ArrayLike<number>): number {
    const truths = this.#truths.reduce((sum, count, image) => sum + count * (weights?.[image] ?? 1), 0);
    if (truths === 0) return -1;
    const bit = 1 << threshold;
    let [right, wrong, points] = [0, 0, 0];
    for (let at = 0; at < this.#image.length; at++) {
      const weight = weights ? (weights[this.#image[at] ?? 0] ?? 0) : 1;
      if (weight === 0) continue;
      if (((this.#found[at] ?? 0) & bit) === 0) {
        wrong += weight;
        continue;
      }
      right += weight;
      this.#recalls[points] = right / truths;
      this.#precisions[points++] = right / (right + wrong + epsilon);
    }
    for (let point = points - 1; point > 0; point--)
      if ((this.#precisions[point] ?? 0) > (this.#precisions[point - 1] ?? 0))
        this.#precisions[point - 1] = this.#precisions[point] ?? 0;
    return points;
  }
}
