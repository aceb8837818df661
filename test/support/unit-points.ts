import { seededRandom } from '../../core/seeded-random.ts';
import type { StrategyInput } from '../../core/selection/strategy.ts';
import { defaultStrategyOptions } from '../../core/selection/strategy.ts';
import { UnitVectors } from '../../core/selection/unit-vectors.ts';
import type { EmbeddedPool } from './embedded-pool.ts';

/** Vectors of length 1 in double precision, for references that are worked out the plain way. */
export function unitPoints({
  embeddings: { values, columns },
}: Pick<EmbeddedPool, 'embeddings'>): number[][] {
  return Array.from({ length: values.length / columns }, (_, row) => {
    const vector = [...values.subarray(row * columns, (row + 1) * columns)];
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
}

export function distance(one: readonly number[], other: readonly number[]): number {
  return Math.hypot(...one.map((value, at) => value - (other[at] ?? 0)));
}

/** A strategy's input over all rows in their order; the rows of `centres` are no candidates. */
export function strategyInput(
  pool: EmbeddedPool,
  size: number,
  more: { centres?: readonly number[]; seed?: number; options?: Partial<StrategyInput['options']> } = {},
): StrategyInput {
  const { centres = [], seed = 1, options = {} } = more;
  const rows = [...pool.ids.keys()].filter((row) => !centres.includes(row));
  return {
    candidates: Int32Array.from(rows),
    centres: Int32Array.from(centres),
    size,
    limit: size,
    informativeness: pool.informativeness,
    probabilities: pool.probabilities,
    embeddings: new UnitVectors(pool.embeddings),
    options: { ...defaultStrategyOptions, ...options },
    random: seededRandom(seed),
  };
}

/** The first proposals, all taken unless `declined` names them. */
export function taken(
  proposals: Generator<number, void, boolean>,
  count: number,
  declined: readonly number[] = [],
): number[] {
  const rows = new Array<number>();
  for (let next = proposals.next(); !next.done && rows.length < count;) {
    const takes = !declined.includes(next.value);
    if (takes) rows.push(next.value);
    next = proposals.next(takes);
  }
  return rows;
}
