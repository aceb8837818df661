import { seededRandom } from '../../core/seeded-random.ts';
import type { SelectionInput } from '../../core/selection/selection-input.ts';

/** A pool in clusters, with scores and probabilities, all by a seed. */
export interface EmbeddedPool extends SelectionInput {
  readonly ids: string[];
  readonly informativeness: Float64Array;
  readonly probabilities: { values: Float64Array; columns: number };
  readonly embeddings: { values: Float32Array; columns: number };
}

export function embeddedPool(
  count: number,
  { seed = 1, columns = 6, clusters = 5, classes = 4, spread = 0.3 } = {},
): EmbeddedPool {
  const random = seededRandom(seed);
  const centres = Array.from({ length: clusters * columns }, () => gaussian(random));
  const embeddings = Float32Array.from({ length: count * columns }, (_, at) => {
    const cluster = Math.floor(at / columns) % clusters;
    return (centres[cluster * columns + (at % columns)] ?? 0) + spread * gaussian(random);
  });
  const probabilities = new Float64Array(count * classes);
  for (let row = 0; row < count; row++) {
    const weights = Array.from({ length: classes }, () => random() ** 3);
    const sum = weights.reduce((one, other) => one + other, 0);
    weights.forEach((weight, at) => (probabilities[row * classes + at] = weight / sum));
  }
  return {
    ids: Array.from({ length: count }, (_, row) => `images/${seed}-${row}.jpg`),
    informativeness: Float64Array.from({ length: count }, () => Math.round(random() * 50) / 50),
    probabilities: { values: probabilities, columns: classes },
    embeddings: { values: embeddings, columns },
  };
}

/** The pool with its rows elsewhere: row `at` is what was row `order[at]`. */
export function permuted(pool: EmbeddedPool, order: readonly number[]): EmbeddedPool {
  const rows = <T extends Float32Array | Float64Array>(values: T, columns: number): T => {
    const moved = values.slice() as T;
    order.forEach((from, to) =>
      moved.set(values.subarray(from * columns, (from + 1) * columns), to * columns),
    );
    return moved;
  };
  const { ids, informativeness, probabilities, embeddings } = pool;
  return {
    ids: order.map((from) => ids[from] ?? ''),
    informativeness: rows(informativeness, 1),
    probabilities: { ...probabilities, values: rows(probabilities.values, probabilities.columns) },
    embeddings: { ...embeddings, values: rows(embeddings.values, embeddings.columns) },
  };
}

export function shuffled(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => ({ index, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ index }) => index);
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
