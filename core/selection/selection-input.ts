import { DomainError } from '../errors.ts';
import { matrixRow, type Matrix } from './matrix.ts';
import type { UnitVectors } from './unit-vectors.ts';

/** What selection is given, row by row in the order of `ids`. An array that is there is held to its promises, needed or not. */
export interface SelectionInput {
  /** Each once; ties go by them and the seed. */
  readonly ids: readonly string[];
  /** `[rows]`; higher is chosen first. */
  readonly informativeness?: Float64Array;
  /** `[rows][classes]`, two classes or more. */
  readonly probabilities?: Matrix;
  /** `[rows][columns]`, of any length above 0: only directions count. */
  readonly embeddings?: Matrix;
  /** Rows that people have labelled: never chosen, and what the batch must be far from. */
  readonly labelled?: readonly number[];
  /** Rows that must not be chosen for another reason: hold-out, already asked, skipped. */
  readonly excluded?: readonly number[];
}

export interface Quarantined {
  readonly id: string;
  readonly reason: string;
}

/** Rows by what may become of them, each list in the order given. */
export interface SortedRows {
  readonly open: Int32Array;
  /** Labelled rows with a usable embedding. */
  readonly labelled: Int32Array;
  /** Neither chosen nor kept away from: what is known of them is no number, or no probability. */
  readonly quarantined: readonly Quarantined[];
}

/**
 * Tells rows that may be chosen from those that may not.
 *
 * @param order - All rows.
 * @throws {@link DomainError} when a row is not there. Never retried.
 */
export function sortRows(
  input: SelectionInput,
  order: Int32Array,
  vectors: UnitVectors | undefined,
): SortedRows {
  const { ids, informativeness, probabilities } = input;
  const closed = new Uint8Array(ids.length);
  for (const row of input.labelled ?? []) mark(row, 2, 'labelled');
  for (const row of input.excluded ?? []) mark(row, 1, 'excluded');
  const quarantined = new Array<Quarantined>();
  const usable = order.filter((row) => {
    if (closed[row] === 1) return false;
    const reason = closed[row] === 2 ? (vectors?.fault(row) ?? null) : fault(row);
    if (reason !== null) quarantined.push({ id: ids[row] ?? '', reason });
    return reason === null;
  });
  return {
    open: usable.filter((row) => closed[row] === 0),
    labelled: usable.filter((row) => closed[row] === 2),
    quarantined,
  };

  function mark(row: number, as: 1 | 2, what: string): void {
    if (!(row in ids)) throw new DomainError(`Row ${row} is ${what}, but there are ${ids.length} rows.`);
    closed[row] = as;
  }

  function fault(row: number): string | null {
    if (informativeness && !Number.isFinite(informativeness[row]))
      return `its informativeness is ${informativeness[row] ?? NaN}`;
    return (probabilities && probabilityFault(matrixRow(probabilities, row))) ?? vectors?.fault(row) ?? null;
  }
}

function probabilityFault(row: Float32Array | Float64Array): string | null {
  let sum = 0;
  for (const p of row) {
    if (!(p >= 0 && p <= 1 + 1e-3)) return `its probabilities hold ${p}`;
    sum += p;
  }
  return Math.abs(sum - 1) > 1e-3 ? `its probabilities sum to ${sum.toFixed(4)}` : null;
}

/** @throws {@link DomainError} when an array has not one entry a row, or probabilities are of one class. Never retried. */
export function assertLengths({ ids, informativeness, probabilities, embeddings }: SelectionInput): void {
  const refuse = (what: string, rows: number): void => {
    if (rows !== ids.length)
      throw new DomainError(`There are ${ids.length} ids, but ${what} of ${rows}; give one of each a row.`);
  };
  if (informativeness) refuse('scores', informativeness.length);
  if (probabilities) refuse('probabilities', probabilities.values.length / probabilities.columns);
  if (embeddings) refuse('embeddings', embeddings.values.length / embeddings.columns);
  if (probabilities && probabilities.columns < 2)
    throw new DomainError('Probabilities need two classes or more; these have one.');
}
