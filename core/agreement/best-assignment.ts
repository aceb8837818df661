/**
 * The assignment of rows to columns of the greatest sum, by the Hungarian algorithm: each row and each column at most once, as many of them as
 * the shorter side has. O(n²·m) for n rows and m ≥ n columns.
 *
 * @param weights - `[rows][columns]`, all rows of one length, finite.
 * @returns The column of each row; −1 where a row is left over.
 * @see Kuhn, "The Hungarian method for the assignment problem", 1955; Munkres 1957.
 */
export function bestAssignment(weights: readonly (readonly number[])[]): number[] {
  const columns = weights[0]?.length ?? 0;
  if (weights.length <= columns) return assignRows(weights);
  const turned = Array.from({ length: columns }, (_, column) => weights.map((row) => row[column] ?? 0));
  const rowOf = assignRows(turned);
  const columnOf = weights.map(() => -1);
  rowOf.forEach((row, column) => (columnOf[row] = column));
  return columnOf;
}

/** At least as many columns as rows. One row after another is taken in along the shortest augmenting path; potentials keep reduced costs from below 0. */
function assignRows(weights: readonly (readonly number[])[]): number[] {
  const [rows, columns] = [weights.length, weights[0]?.length ?? 0];
  // Numbered from 1; column 0 is where the row that is being taken in starts.
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  const before = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    const slack = new Float64Array(columns + 1).fill(Infinity);
    const used = new Uint8Array(columns + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      used[column] = 1;
      const at = rowOf[column] ?? 0;
      let [least, next] = [Infinity, 0];
      for (let to = 1; to <= columns; to++) {
        if (used[to] === 1) continue;
        const reduced =
          -(weights[at - 1]?.[to - 1] ?? 0) - (rowPotential[at] ?? 0) - (columnPotential[to] ?? 0);
        if (reduced < (slack[to] ?? 0)) {
          slack[to] = reduced;
          before[to] = column;
        }
        if ((slack[to] ?? 0) < least) [least, next] = [slack[to] ?? 0, to];
      }
      for (let to = 0; to <= columns; to++)
        if (used[to] === 1) {
          const owner = rowOf[to] ?? 0;
          rowPotential[owner] = (rowPotential[owner] ?? 0) + least;
          columnPotential[to] = (columnPotential[to] ?? 0) - least;
        } else slack[to] = (slack[to] ?? 0) - least;
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const from = before[column] ?? 0;
      rowOf[column] = rowOf[from] ?? 0;
      column = from;
    }
  }
  const columnOf = weights.map(() => -1);
  for (let column = 1; column <= columns; column++)
    if (rowOf[column] !== 0) columnOf[(rowOf[column] ?? 0) - 1] = column - 1;
  return columnOf;
}
