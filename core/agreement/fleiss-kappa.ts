/**
 * Fleiss' κ: as Cohen's, for any number of annotators, the same number for every datapoint.
 *
 * @param units - The labels of each datapoint.
 * @returns Null where the numbers of labels differ or are below two, and where one label stands all over. {@link krippendorffAlpha} takes the former.
 * @see Fleiss, "Measuring nominal scale agreement among many raters", 1971.
 */
export function fleissKappa(units: readonly (readonly string[])[]): number | null {
  const raters = units[0]?.length ?? 0;
  if (raters < 2 || units.some(({ length }) => length !== raters)) return null;
  const totals = new Map<string, number>();
  let agreed = 0;
  for (const labels of units) {
    const counts = new Map<string, number>();
    for (const label of labels) {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      totals.set(label, (totals.get(label) ?? 0) + 1);
    }
    for (const count of counts.values()) agreed += count * (count - 1);
  }
  const mean = agreed / (units.length * raters * (raters - 1));
  let byChance = 0;
  for (const count of totals.values()) byChance += (count / (units.length * raters)) ** 2;
  return byChance === 1 ? null : (mean - byChance) / (1 - byChance);
}
