import { DomainError } from '../errors.ts';
import type { NumberArray } from '../number-array.ts';
import { fusedScores, type FusedScores } from './fused-scores.ts';
import { rowFault } from './probability-rows.ts';
import type { Quarantined, ScoredArray } from './score-array.ts';
import type { ScoreName } from './score-names.ts';

const columnOf: Partial<Record<ScoreName, keyof FusedScores>> = {
  margin: 'margin',
  'least-confidence': 'leastConfidence',
  'average-confidence': 'leastConfidence',
  entropy: 'entropy',
};

/**
 * As `scoreArray`, of float32 probabilities `[n, K]` by {@link fusedScores}.
 *
 * @throws {@link DomainError} on another array, and on a score that it does not have. Never retried.
 */
export function scoreArrayFast({ shape, data, ids }: NumberArray, names: readonly ScoreName[]): ScoredArray {
  const [rows = 0, classes = 0] = shape;
  if (!(data instanceof Float32Array) || shape.length !== 2 || classes < 2)
    throw new DomainError(
      `The fast way takes float32 [rows, classes]; this is [${shape.join(', ')}] of ${data instanceof Float32Array ? 'float32' : 'float64'}.`,
    );
  const fused = fusedScores(data, classes);
  const columns = names.map((name) => {
    const column = columnOf[name];
    if (column === undefined)
      throw new DomainError(`The fast way has ${Object.keys(columnOf).join(', ')}, not ${name}.`);
    return fused[column];
  });
  const interleaved = new Float64Array(rows * columns.length);
  columns.forEach((column, place) => {
    for (let row = 0; row < rows; row++) interleaved[row * columns.length + place] = column[row] ?? NaN;
  });
  const quarantined: Quarantined[] = [];
  for (let row = 0; row < rows; row++)
    if (Number.isNaN(fused.margin[row]))
      quarantined.push({ row, reason: rowFault(data, row * classes, classes) ?? 'has no score' });
  return {
    array: {
      shape: columns.length === 1 ? [rows] : [rows, columns.length],
      data: interleaved,
      columns: names,
      ...(ids && { ids }),
    },
    quarantined,
  };
}
