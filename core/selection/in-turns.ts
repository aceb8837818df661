/**
 * Deals rows out cluster by cluster: the first of each, then the second of each, and so on, in the order that they came in. So what people see early
 * is of every kind, and what is most like it comes late. No two of a cluster follow each other, unless nothing else is left. Rows without a
 * cluster keep their places.
 *
 * @param rows - Best first.
 */
export function inTurns<Row>(
  rows: readonly Row[],
  clusterOf: (row: Row) => string | undefined,
): readonly Row[] {
  const taken = new Map<string, number>();
  const dealt = rows.flatMap((row) => {
    const cluster = clusterOf(row);
    if (cluster === undefined) return [];
    const turn = taken.get(cluster) ?? 0;
    taken.set(cluster, turn + 1);
    return [{ row, cluster, turn }];
  });
  dealt.sort((a, b) => a.turn - b.turn);
  dealt.forEach((one, at) => {
    const next = dealt[at + 1];
    // A cluster is in a turn once: only where one turn meets the next may it stand twice.
    if (dealt[at - 1]?.cluster === one.cluster && next?.turn === one.turn)
      [dealt[at], dealt[at + 1]] = [next, one];
  });
  let next = 0;
  return rows.map((row) => (clusterOf(row) === undefined ? row : (dealt[next++]?.row ?? row)));
}
