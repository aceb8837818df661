import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedPool } from './embedded-pool.ts';

interface Case {
  readonly embeddings: number[][];
  readonly labelled: number[];
  readonly picks: number[];
}

/** See `test/core/selection/fixtures/make_skactiveml.py`, which names the versions. */
export const skactivemlCases = JSON.parse(
  readFileSync(join(__dirname, '../core/selection/fixtures/skactiveml.json'), 'utf8'),
) as {
  readonly coreSet: Case;
  readonly typiClust: Case & { readonly neighbours: number };
  readonly probCover: Case & {
    readonly radius: number;
    readonly covers: number[];
    readonly pureRadius: number;
  };
  readonly badge: Pick<Case, 'embeddings'> & {
    readonly probabilities: number[][];
    readonly first: number;
    readonly chances: number[];
  };
};

export function poolOf(
  embeddings: readonly number[][],
  probabilities: readonly number[][] = [],
): EmbeddedPool {
  return {
    ids: embeddings.map((_, row) => String(row)),
    informativeness: new Float64Array(embeddings.length),
    embeddings: { values: Float32Array.from(embeddings.flat()), columns: embeddings[0]?.length ?? 1 },
    probabilities: {
      values: Float64Array.from(probabilities.flat()),
      columns: probabilities[0]?.length ?? 1,
    },
  };
}
