/**
 * Krippendorff's α for classes: 1 − observed ÷ expected disagreement over all pairs of labels of a datapoint, at most 1, 0 is chance. Takes any number of
 * annotators a datapoint.
 *
 * @param units - The labels of each datapoint; those with fewer than two say nothing.
 * @returns Null where nothing can be said: no datapoint with two labels, or one label all over.
 * @see Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011.
 */
export function krippendorffAlpha(units: readonly (readonly string[])[]): number | null {
  const totals = new Map<string, number>();
  let n = 0;
  let observed = 0;
  for (const labels of units) {
    if (labels.length < 2) continue;
    const counts = new Map<string, number>();
    for (const label of labels) {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      totals.set(label, (totals.get(label) ?? 0) + 1);
    }
    n += labels.length;
    observed += differingPairs(counts, labels.length) / (labels.length - 1);
  }
  const expected = differingPairs(totals, n);
  return expected === 0 ? null : 1 - ((n - 1) * observed) / expected;
}

/** Ordered pairs of unequal labels. */
function differingPairs(counts: ReadonlyMap<string, number>, n: number): number {
  let equal = 0;
  for (const count of counts.values()) equal += count * count;
  return n * n - equal;
}
