/**
 * Cohen's κ of two annotators: how much more often they agree than two who label at random with their frequencies, −1..1, 1 is full agreement.
 *
 * @param pairs - What the one and the other said of each datapoint that both saw.
 * @returns Null without pairs, and where both used one and the same label only: chance agrees as well as they do.
 * @see Cohen, "A coefficient of agreement for nominal scales", 1960.
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): number | null {
  const ones = new Map<string, number>();
  const others = new Map<string, number>();
  let agreed = 0;
  for (const [one, other] of pairs) {
    ones.set(one, (ones.get(one) ?? 0) + 1);
    others.set(other, (others.get(other) ?? 0) + 1);
    if (one === other) agreed += 1;
  }
  let byChance = 0;
  for (const [label, count] of ones) byChance += count * (others.get(label) ?? 0);
  const n = pairs.length;
  return n * n === byChance ? null : (n * agreed - byChance) / (n * n - byChance);
}
