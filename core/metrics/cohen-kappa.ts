import { DomainError } from '../errors.ts';

/**
 * Cohen's κ of two series of decisions about the same items: how much more they agree than their shares of each answer would by chance. 1 where both
 * gave one and the same answer to all.
 *
 * @param one - `[items]`, 1 or more; any names.
 * @param other - `[items]`, the same length.
 * @returns −1..1; 0 is chance.
 * @throws {@link DomainError} for no items, or unequal lengths. Never retried.
 * @see Cohen 1960, "A Coefficient of Agreement for Nominal Scales".
 */
export function cohenKappa(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || one.length !== other.length)
    throw new DomainError(`κ is of pairs of answers; there are ${one.length} and ${other.length}.`);
  const [ofOne, ofOther] = [tally(one), tally(other)];
  const agreed = one.filter((answer, index) => answer === other[index]).length / one.length;
  let byChance = 0;
  for (const [answer, count] of ofOne) byChance += (count * (ofOther.get(answer) ?? 0)) / one.length ** 2;
  return agreed === 1 ? 1 : (agreed - byChance) / (1 - byChance);
}

function tally(answers: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
}
