/**
 * Spearman's rank correlation: whether one list rises where the other does, whatever the steps. Equal values share the mean of their ranks.
 *
 * @param one - No NaN; infinities are the largest.
 * @param other - The same, as long.
 * @returns −1 to 1; NaN when either list is all the same, or has fewer than two values.
 * @see Spearman 1904, "The Proof and Measurement of Association between Two Things".
 */
export function rankCorrelation(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const ranks = [ranksOf(one), ranksOf(other)] as const;
  const middle = (one.length + 1) / 2;
  let [together, first, second] = [0, 0, 0];
  ranks[0].forEach((rank, index) => {
    const [a, b] = [rank - middle, (ranks[1][index] ?? NaN) - middle];
    together += a * b;
    first += a * a;
    second += b * b;
  });
  return together / Math.sqrt(first * second);
}

function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && order[to]?.value === order[from]?.value) to += 1;
    for (const { index } of order.slice(from, to)) ranks[index] = (from + 1 + to) / 2;
  }
  return ranks;
}
